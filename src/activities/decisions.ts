/** The judgement of a turn: facts from Postgres, rules from the domain, the decision stored with all that led to it. */
import { evidenceOf } from '../db/evidence.ts';
import { changeTotals } from '../db/file-changes.ts';
import { insertDecision } from '../db/decisions.ts';
import { reviewOf } from '../db/reviews.ts';
import { runsOfTurn } from '../db/runs.ts';
import { turn as loadTurn } from '../db/turns.ts';
import { wouldChange } from '../domain/explain.ts';
import type { CheckSpec } from '../domain/plan.ts';
import { judge, type JudgeFacts, type Judgement } from '../domain/judge.ts';
import { validateStream } from '../domain/stream-validation.ts';
import type { JudgeResult, JudgeTurn, QuickActivities } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt } from './heartbeat.ts';
import { planned, type Planned } from './plans.ts';
import { summaryOf } from './stored-stream.ts';

const MAX_REASON = 1_000;

async function factsFor(deps: Deps, context: Planned, call: JudgeTurn): Promise<JudgeFacts> {
  const [turn, runs, evidence, review, changes] = await Promise.all([
    loadTurn(deps.db, call), runsOfTurn(deps.db, call), evidenceOf(deps.db, call), reviewOf(deps.db, call), changeTotals(deps.db, call),
  ]);
  const { outcome } = turn;
  if (!outcome) throw new Error(`turn ${call.task}.${call.turn} has no outcome to judge`);
  const summary = await summaryOf(deps, context.plan.agent, runs.at(-1)?.key);
  return {
    outcome,
    validation: validateStream({ ...summary, outcome }, changes.files),
    changes,
    // What a check measures is the plan's to say; the rows hold what was measured.
    evidence: evidence.map((check) => ({ ...check, measures: measuresOf(context, check.name) })),
    review: call.skipReview ? null : (review ?? null),
    attemptsLeft: call.attemptsLeft,
    failuresBefore: call.failuresBefore,
    skipReview: call.skipReview,
    ...(call.waitsBefore !== undefined && { waitsBefore: call.waitsBefore }),
    policy: policyOf(context),
  };
}

function policyOf({ plan: { policy: { gate, withoutReviewer, overload } } }: Planned): JudgeFacts['policy'] {
  return { gate, withoutReviewer, ...(overload && { overload }) };
}

const measuresOf = ({ plan }: Planned, name: string): CheckSpec['measures'] => plan.checks.find((check) => check.name === name)?.measures ?? 'tests';

function toResult(judgement: Judgement): JudgeResult {
  const { decision, rule, scores, reason, failed } = judgement;
  return {
    decision: decision.kind,
    rule,
    breakpoint: 'breakpoint' in decision ? decision.breakpoint : null,
    ...(decision.kind === 'breakpoint' && decision.hold && { hold: true }),
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
