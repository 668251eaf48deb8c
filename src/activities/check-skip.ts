/**
 * Checks that are limited to paths: one need not run when it passed the last time it ran in this milestone, and neither the task nor
 * anybody since that run has changed a file in its paths. One that failed runs again, whatever was changed.
 */
import { isTouched } from '../domain/check-order.ts';
import { hasPassed, skippedCheck } from '../domain/evidence-compare.ts';
import type { CheckEvidence, CheckRun } from '../domain/evidence.ts';
import type { Change } from '../domain/host-api.ts';
import type { CheckSpec } from '../domain/plan.ts';
import type { Setting } from './check-measure.ts';
import type { TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Beat } from './heartbeat.ts';
import { onHost } from './on-host.ts';
import type { Planned } from './plans.ts';
import { hostOf } from './workspaces.ts';
import { treesOf } from './places.ts';
import { firstTree } from './forks.ts';

/** By name, the evidence of those that need not run on `tree`. */
export async function skippedChecks(deps: Deps, context: Planned, call: TurnCall, { tree, last }: Pick<Setting, 'tree' | 'last'>, checks: readonly CheckSpec[], beat: Beat): Promise<Map<string, CheckEvidence>> {
  const skipped = new Map<string, CheckEvidence>();
  if (checks.every(({ paths }) => !paths)) return skipped;
  const begin = await firstTree(deps, context, call);
  const changesSince = rememberedDiffs(deps, context, tree, beat);
  for (const check of checks) {
    const run = last.find(({ name }) => name === check.name);
    if (!check.paths || !run || !hasPassed(run)) continue;
    const changes = [...(await changesSince(begin ?? run.tree)), ...(await changesSince(run.tree))];
    if (!isTouched(check.paths, changes)) skipped.set(check.name, skippedCheck(check, run, tree, reasonOf(check.paths, run)));
  }
  return skipped;
}

const reasonOf = (paths: string[], run: CheckRun): string =>
  `[holdpoint: the check was not run: nothing in ${paths.join(', ')} has changed since it passed on tree ${run.tree.slice(0, 12)}]`;

/** Changes from a tree to `to`, each asked of the host once. */
function rememberedDiffs(deps: Deps, context: Planned, to: string, beat: Beat): (from: string) => Promise<Change[]> {
  const known = new Map<string, Promise<Change[]>>([[to, Promise.resolve([])]]);
  const ask = async (from: string): Promise<Change[]> => {
    const { changes } = await onHost(hostOf(deps, context, beat.signal), (api) => api.diffTrees({ ...treesOf(context), from, to }));
    return changes;
  };
  return (from) => {
    const asked = known.get(from) ?? ask(from);
    known.set(from, asked);
    return asked;
  };
}
