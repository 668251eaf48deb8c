/** The judgement of a turn: facts from Postgres, rules from the domain, the decision stored with all that led to it. */
import { accountsOf } from '../db/budget.ts';
import { evidenceOf } from '../db/evidence.ts';
import { changedPaths, changeTotals } from '../db/file-changes.ts';
import { insertDecision } from '../db/decisions.ts';
import { wrongWith } from '../db/proofs.ts';
import { judgedTurns } from '../db/judged-turns.ts';
import { siblingsOf } from '../db/siblings.ts';
import { weakeningsOf } from '../db/weakenings.ts';
import { runsOfTurn } from '../db/runs.ts';
import { turn as loadTurn } from '../db/turns.ts';
import { calibrationOf, pastOf, samplesOf } from '../domain/calibration.ts';
import { wouldChange } from '../domain/explain.ts';
import type { CheckSpec } from '../domain/plan.ts';
import { MAX_ITEMS } from '../domain/judge/custom-facts.ts';
import { turnTarget } from '../domain/ids.ts';
import { judge, type JudgeFacts, type Judgement } from '../domain/judge.ts';
import { fewerTestsRan } from '../domain/weakening/fewer-ran.ts';
import type { JudgeResult, JudgeTurn, QuickActivities } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt } from './heartbeat.ts';
import { planned, taskIn, type Planned } from './plans.ts';
import { combinedReview } from './stored-reviews.ts';
import { summaryOfTurn } from './stored-stream.ts';
import { validationOf } from './validation.ts';

const MAX_REASON = 1_000;

async function factsFor(deps: Deps, context: Planned, call: JudgeTurn): Promise<JudgeFacts> {
  const [turn, runs, evidence, review, changes, weakenings, before, accounts, forks, unproven = []] = await Promise.all([
    loadTurn(deps.db, call), runsOfTurn(deps.db, call), evidenceOf(deps.db, call), combinedReview(deps.db, context.plan, call), changeTotals(deps.db, call),
    weakeningsOf(deps.db, call), judgedTurns(deps.db, call.project), accountsOf(deps.db, context.plan, call),
    forksOf(deps, context, call), wrongWith(deps.db, call),
  ]);
  const { outcome } = turn;
  if (!outcome) throw new Error(`turn ${call.task}.${call.turn} has no outcome to judge`);
  const past = pastOf(calibrationOf(samplesOf(before)));
  const summary = await summaryOfTurn(deps, context.plan.agent, runs, call.planning);
  return {
    outcome,
    tree: turn.treeAfter,
    validation: await validationOf(deps, context, call, { turn, summary, changedFiles: changes.files }),
    changes: { ...changes, ...(context.plan.rules && { paths: await changedPaths(deps.db, call, MAX_ITEMS) }) },
    // What a check measures is the plan's to say; the rows hold what was measured.
    evidence: evidence.map((check) => ({ ...check, measures: measuresOf(context, check.name) })),
    weakenings: [...weakenings, ...fewerTestsRan(evidence, context.plan.policy.evidence?.allow ?? [])],
    ...(unproven.length > 0 && { unproven }),
    ...(call.weakeningsApproved !== undefined && { weakeningsApproved: call.weakeningsApproved === turn.treeAfter }),
    review: call.skipReview ? null : (review ?? null),
    attemptsLeft: call.attemptsLeft,
    failuresBefore: call.failuresBefore,
    skipReview: call.skipReview,
    ...(call.planning && { planning: true }),
    ...(call.enlargeTo !== undefined && { enlargeTo: call.enlargeTo }),
    ...(call.finish && { finish: true }),
    ...(accounts.length > 0 && { accounts }),
    ...(call.waitsBefore !== undefined && { waitsBefore: call.waitsBefore }),
    task: { id: call.task, design: taskIn(context, call.task).design ?? false },
    ...(past && { past }), ...(forks && { forks }),
    policy: policyOf(context),
  };
}

/** Where the plan asks nobody, an experiment does not end its origin. */
async function forksOf(deps: Deps, { plan }: Planned, call: JudgeTurn): Promise<JudgeFacts['forks']> {
  if (plan.policy.breakpoints.conflicting_solutions?.enabled === false) return undefined;
  const siblings = await siblingsOf(deps.db, call);
  return siblings.length === 0 ? undefined : { turn: turnTarget(call), siblings };
}

function policyOf({ plan: { rules, policy: { gate, withoutReviewer, overload, thresholds, breakpoints } } }: Planned): JudgeFacts['policy'] {
  const designUnasked = breakpoints.architecture_decision?.enabled === false;
  return { gate, withoutReviewer, ...(designUnasked && { designUnasked }), ...(overload && { overload }), ...(thresholds && { thresholds }), ...(rules && { rules }) };
}

const measuresOf = ({ plan }: Planned, name: string): CheckSpec['measures'] => plan.checks.find((check) => check.name === name)?.measures ?? 'tests';

function toResult(judgement: Judgement): JudgeResult {
  const { decision, rule, scores, reason, failed, detail } = judgement;
  return {
    decision: decision.kind,
    rule,
    breakpoint: 'breakpoint' in decision ? decision.breakpoint : null,
    ...(decision.kind === 'breakpoint' && decision.hold && { hold: true }),
    ...(detail && { detail }),
    reason: reason.slice(0, MAX_REASON),
    until: decision.kind === 'wait' ? decision.until : null,
    quality: scores.quality,
    confidence: scores.confidence,
    failed,
  };
}

export const createDecisions = (deps: Deps): Pick<QuickActivities, 'judgeTurn'> => ({
  async judgeTurn(call) {
    const context = await planned(deps, call);
    const facts = await factsFor(deps, context, call);
    const judgement = judge(facts);
    const { decision, rule, reason, scores } = judgement;
    const seq = (await runsOfTurn(deps.db, call)).at(-1)?.seq ?? 0;
    await insertDecision(deps.db, { ...call, ...thisAttempt() }, { decision, rule, reason, scores, facts: { ...facts, seq }, wouldChange: wouldChange(facts, judgement) });
    return toResult(judgement);
  },
});
