/** The two ends of a turn: checkpoint and prompt before, checkpoint and changes after. */
import { findCheckpoint, insertCheckpoint } from '../db/checkpoints.ts';
import { insertChanges } from '../db/file-changes.ts';
import { insertRun } from '../db/runs.ts';
import { finishTurn, insertTurn, turn as loadTurn } from '../db/turns.ts';
import { takeCheckpoint } from './checkpoints.ts';
import type { BeginTurn, EndTurnResult, HostActivities, TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import { withHeartbeat, type Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import { planned } from './plans.ts';
import { promptFor } from './prompts.ts';
import { sessionFor } from './sessions.ts';
import { hostOf } from './workspaces.ts';

async function begin(deps: Deps, call: BeginTurn, beat: Beat): Promise<{ runKey: string }> {
  const context = await planned(deps, call);
  const session = await sessionFor(deps, call);
  const prompt = await promptFor(deps, call, beat);
  // A turn that is begun again keeps the checkpoint it began with: the agent may have written since.
  const stored = await findCheckpoint(deps.db, { ...call, kind: 'before' });
  const before = stored ?? (await takeCheckpoint(deps, context, call, beat));
  await insertTurn(deps.db, { ...call, prompt, ...session, treeBefore: before.tree });
  await insertCheckpoint(deps.db, { ...call, kind: 'before' }, before);
  return insertRun(deps.db, { ...call, install: deps.install, host: context.plan.workspace.host, spec: { ...session, prompt } });
}

async function end(deps: Deps, call: TurnCall, beat: Beat): Promise<EndTurnResult> {
  const context = await planned(deps, call);
  const { treeBefore } = await loadTurn(deps.db, call);
  const after = await takeCheckpoint(deps, context, call, beat);
  const { path: workspace } = context.plan.workspace;
  const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ workspace, from: treeBefore, to: after.tree }));
  await insertChanges(deps.db, { turn: call, treeFrom: treeBefore, treeTo: after.tree, observedBy: 'checkpoint', final: true, changes });
  await insertCheckpoint(deps.db, { ...call, kind: 'after' }, after);
  await finishTurn(deps.db, call, { treeAfter: after.tree, changedFiles: changes.length });
  return { tree: after.tree, changedFiles: changes.length };
}

export const createTurns = (deps: Deps): Pick<HostActivities, 'beginTurn' | 'endTurn'> => ({
  beginTurn: (call) => withHeartbeat((beat) => begin(deps, call, beat)),
  endTurn: (call) => withHeartbeat((beat) => end(deps, call, beat)),
});
