/** Arguments that name a project, a milestone, a task or a turn. */
import { HoldpointError } from '../domain/failure-kind.ts';
import { parseTarget, type Target } from '../domain/ids.ts';
import { targetExists } from '../db/target-exists.ts';
import type { Db } from '../db/transaction.ts';

/** Throws `bad_input` for text of another form. */
export function targetOf(text: string): Target {
  const target = parseTarget(text);
  if (target) return target;
  throw new HoldpointError('bad_input', `${JSON.stringify(text)} is not a target`, {
    hint: 'write project[/milestone[/task[.turn]]], for example tinyslug/slugs/ascii.1',
  });
}

/** Throws `unknown_project` or `unknown_target` when nothing of that name was ever registered. */
export async function existingTarget(db: Db, text: string): Promise<Target> {
  const target = targetOf(text);
  const missing = await targetExists(db, target);
  if (missing === 'project') {
    throw new HoldpointError('unknown_project', `there is no project ${target.project}`, { hint: 'see `holdpoint status`' });
  }
  if (missing) throw new HoldpointError('unknown_target', `there is no ${missing} ${text}`, { hint: `see \`holdpoint status ${target.project}\`` });
  return target;
}
