/** The two ends of a turn: checkpoint and prompt before, checkpoint and changes after. */
import { posix } from 'node:path';
import { findCheckpoint, insertCheckpoint } from '../db/checkpoints.ts';
import { insertChanges, type ChangeCause } from '../db/file-changes.ts';
import { insertRun, runsOfTurn } from '../db/runs.ts';
import { inTransaction } from '../db/transaction.ts';
import { finishTurn, insertTurn, turn as loadTurn } from '../db/turns.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { TurnRef } from '../domain/ids.ts';
import type { BeginTurn, BegunTurn, EndTurnResult, HostActivities, TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import { thisAttempt, withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned, type Planned } from './plans.ts';
import { promptFor } from './prompts.ts';
import { sessionFor } from './sessions.ts';
import { summaryOf } from './stored-stream.ts';
import { usageHold } from './usage.ts';
import { hostOf } from './workspaces.ts';

async function begin(deps: Deps, call: BeginTurn, beat: Beat): Promise<BegunTurn> {
  const context = await planned(deps, call);
  const full = await usageHold(deps, context.plan, call.usageSkipped);
  if (full) return { runKey: '', full };
  const session = await sessionFor(deps, call);
  const prompt = await promptFor(deps, call, beat);
  // A turn that is begun again keeps the checkpoint it began with: the agent may have written since.
  const stored = await findCheckpoint(deps.db, { ...call, kind: 'before' });
  const before = stored ?? (await takeCheckpoint(deps, context, call, beat));
  return inTransaction(deps.db, async (tx) => {
    await insertTurn(tx, { ...call, prompt, ...session, treeBefore: before.tree });
    await insertCheckpoint(tx, { ...call, kind: 'before' }, before);
    return insertRun(tx, { ...call, install: deps.install, host: context.plan.workspace.host, spec: { ...session, prompt } });
  });
}

/** Path in the workspace → the last call of the turn's runs that names it as the file it writes. Whatever else changed it is not known. */
async function causes(deps: Deps, { plan }: Planned, turn: TurnRef): Promise<Map<string, ChangeCause>> {
  const { path: workspace } = plan.workspace;
  const known = new Map<string, ChangeCause>();
  for (const run of await runsOfTurn(deps.db, turn)) {
    const { writes } = await summaryOf(deps, plan.agent, run.key);
    for (const { path, tool, toolUseId } of writes) known.set(posix.relative(workspace, posix.resolve(workspace, path)), { kind: 'tool', tool, toolUseId });
  }
  return known;
}

async function end(deps: Deps, call: TurnCall, beat: Beat): Promise<EndTurnResult> {
  const context = await planned(deps, call);
  const { treeBefore } = await loadTurn(deps.db, call);
  const after = await takeCheckpoint(deps, context, call, beat);
  const { path: workspace } = context.plan.workspace;
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ workspace, from: treeBefore, to: after.tree }));
  const known = await causes(deps, context, call);
  const caused = changes.map((change) => ({ ...change, by: known.get(change.path) }));
  await insertChanges(deps.db, { turn: call, treeFrom: treeBefore, treeTo: after.tree, observedBy: 'checkpoint', final: true, changes: caused });
  await insertCheckpoint(deps.db, { ...call, kind: 'after' }, after);
  await finishTurn(deps.db, call, { treeAfter: after.tree, changedFiles: changes.length });
  return { tree: after.tree, changedFiles: changes.length };
}

export const createTurns = (deps: Deps): Pick<HostActivities, 'beginTurn' | 'endTurn'> => ({
  beginTurn: (call) => withHeartbeat((beat) => begin(deps, { ...call, ...thisAttempt() }, beat)),
  endTurn: (call) => withHeartbeat((beat) => end(deps, { ...call, ...thisAttempt() }, beat)),
});
