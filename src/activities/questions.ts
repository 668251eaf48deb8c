/** About open questions: whether the files are still those that were asked about, whether the plan still asks. */
import { Context } from '@temporalio/activity';
import { evidenceOf } from '../db/evidence.ts';
import { runsOfTurn } from '../db/runs.ts';
import type { CallDetail } from '../domain/asked-question.ts';
import { inputSha256 } from '../domain/input-sha256.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { HostActivities, LookAtTree, QuickActivities, StillAsked, TreeNow } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { gateOf } from './loaded-run.ts';
import { onHost, onHostUnlessAway } from './on-host.ts';
import { planned, taskIn } from './plans.ts';
import { inputOf } from './resumption.ts';
import { hostOf } from './workspaces.ts';
import { treesOf } from './places.ts';

const MAX_PATHS = 10;
const MAX_PATH = 200;

/** The files after the turn's checks, which may write: theirs are no changes of anybody's. */
async function afterChecks(deps: Deps, call: LookAtTree): Promise<string> {
  const evidence = await evidenceOf(deps.db, call);
  return evidence[0]?.tree === call.tree ? (evidence.at(-1)?.treeAfter ?? call.tree) : call.tree;
}

async function look(deps: Deps, call: LookAtTree, beat: Beat): Promise<TreeNow> {
  const context = await planned(deps, call);
  const { tree } = await takeCheckpoint(deps, context, call, beat);
  const from = await afterChecks(deps, call);
  if (tree === call.tree || tree === from) return { tree, files: 0, paths: [] };
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ ...treesOf(context), from, to: tree }));
  return { tree, files: changes.length, paths: changes.slice(0, MAX_PATHS).map(({ path }) => path.slice(0, MAX_PATH)) };
}

/** A host that is away is not waited for: then a person is still asked. */
const PATIENCE_MS = 2_000;

/**
 * What the gate would say of the call under the plan as it is now: it is asked on the host, where its paths lead somewhere. Where
 * a secret is hidden in the call as it is stored, nobody can tell.
 */
async function answerOfPlan(deps: Deps, call: StillAsked): Promise<'allow' | 'deny' | null> {
  const { task, turn } = call;
  const { toolUseId, tool, inputSha256: asked } = (call.detail ?? {}) as Partial<CallDetail>;
  if (task === null || turn === null || toolUseId === undefined || tool === undefined) return null;
  const context = await planned(deps, call);
  const input = await inputOf(deps, context.plan.agent, await runsOfTurn(deps.db, { ...call, task, turn }), toolUseId);
  if (inputSha256(input) !== asked) return null;
  const policy = gateOf(context, taskIn(context, task), { ...(call.granted && { granted: call.granted }) });
  const target = { ...hostOf(deps, context, Context.current().cancellationSignal), patienceMs: PATIENCE_MS };
  const verdict = await onHostUnlessAway(target, (api) => api.judgeCall({ policy, tool, input }));
  return verdict === null || verdict.decision === 'defer' ? null : verdict.decision;
}

export const createQuestions = (deps: Deps): Pick<HostActivities, 'lookAtTree'> & Pick<QuickActivities, 'stillAsked'> => ({
  lookAtTree: (call) => withHeartbeat((beat) => look(deps, { ...call, ...thisAttempt() }, beat)),
  stillAsked: async (call) => ({ answer: await answerOfPlan(deps, call) }),
});
