/** What the stream of a turn shows, beside what its trees say. */
import { posix } from 'node:path';
import { changedPaths } from '../db/file-changes.ts';
import type { Turn } from '../db/turns.ts';
import type { StreamSummary } from '../domain/agent.ts';
import { pathMatcher } from '../domain/path-globs.ts';
import { validateStream, type Validation } from '../domain/stream-validation.ts';
import type { TurnCall } from './contract.ts';
import type { Deps } from './deps.ts';
import type { Planned } from './plans.ts';
import { firstTree } from './forks.ts';

/** More writes than this of one turn are not told apart. */
const MAX_PATHS = 2_000;

interface Judged {
  turn: Turn;
  summary: StreamSummary;
  changedFiles: number;
}

/** Paths relative to the workspace; `..` leads out of it. What snapshots leave out is in no tree, so nothing is said of it. */
function writesIn({ writes }: StreamSummary, { plan, place }: Planned): { created: string[]; outside: string[] } {
  const { path: workspace } = place;
  const isLeftOut = pathMatcher(plan.policy.snapshot.exclude);
  const isOutside = (path: string): boolean => path === '..' || path.startsWith('../');
  const pathsOf = (of: StreamSummary['writes']): string[] => [...new Set(of.map(({ path }) => posix.relative(workspace, posix.resolve(workspace, path))))];
  return {
    created: pathsOf(writes.filter(({ created }) => created)).filter((path) => !isOutside(path) && !isLeftOut(path)),
    outside: pathsOf(writes).filter(isOutside).map((path) => posix.resolve(workspace, path)),
  };
}

export async function validationOf(deps: Deps, context: Planned, call: TurnCall, { turn, summary, changedFiles }: Judged): Promise<Validation> {
  const [first, changed] = await Promise.all([firstTree(deps, context, call), changedPaths(deps.db, call, MAX_PATHS)]);
  const isMany = changed.length === MAX_PATHS;
  const { created, outside } = writesIn(summary, context);
  return validateStream({ ...summary, outcome: turn.outcome }, changedFiles, {
    created: isMany ? [] : created, outside, changed, workBefore: first !== null && first !== turn.treeBefore,
    checks: context.plan.checks.map(({ run }) => run),
  });
}
