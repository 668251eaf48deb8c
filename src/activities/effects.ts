/** What has been done since a checkpoint and no restore undoes: read from the tool calls of the runs that went on after it. */
import { runLines } from '../db/agent-events.ts';
import type { KeptCheckpoint } from '../db/checkpoints.ts';
import { runsSince } from '../db/runs-since.ts';
import { irreversibleEffect } from '../domain/gate/irreversible.ts';
import { below, normalize } from '../domain/gate/paths.ts';
import type { Deps } from './deps.ts';
import type { Planned } from './plans.ts';

const TEMPORARY = ['/tmp', '/var/tmp', '/dev'];

/** As the path is written: where its links lead only the host knows. */
function outside(folder: string): (path: string) => boolean {
  return (path) => {
    const whole = path.startsWith('~') ? path : normalize(path.startsWith('/') ? path : `${folder}/${path}`);
    return ![folder, ...TEMPORARY].some((inside) => below(inside, whole) !== undefined);
  };
}

/** Of the whole project, in order, for people; secrets hidden. Calls that were denied have had none. */
export async function effectsSince(deps: Deps, context: Planned, { project, at }: Pick<KeptCheckpoint, 'project' | 'at'>): Promise<string[]> {
  const redactor = deps.redactor(context.plan.agent);
  const found: string[] = [];
  for (const { key, turn, folder } of await runsSince(deps.db, project, at)) {
    for (const effect of await effectsOfRun(deps, context, key, outside(folder ?? context.place.root))) found.push(redactor.text(`${turn}: ${effect}`));
  }
  return found;
}

async function effectsOfRun(deps: Deps, { plan }: Planned, key: string, isOutside: (path: string) => boolean): Promise<string[]> {
  const fold = deps.agent(plan.agent).fold();
  const effects = new Map<string, string>();
  for await (const raw of runLines(deps.db, key)) {
    const { kind, tool = '', toolUseId = '', input } = fold.line(raw.toString('utf8'));
    const effect = kind === 'toolUse' ? irreversibleEffect(tool, input, isOutside) : undefined;
    if (effect !== undefined) effects.set(toolUseId, effect);
    if (kind === 'denied') effects.delete(toolUseId);
  }
  return [...effects.values()];
}
