/** Files that somebody else has changed: a person keeps or takes back those changes, and the turn goes on where it was. */
import type { PutBack, Unexpected } from '../activities/contract.ts';
import { groups, timeouts } from './activity-groups.ts';
import { ask } from './breakpoints.ts';
import { taskOf, type Milestone, type Step, type TaskProgress } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';
import { callOf, summary } from './turn-call.ts';

type When = PutBack['when'];

function reasonOf({ files, paths }: Unexpected, when: When): string {
  const more = files > paths.length ? ` and ${files - paths.length} more` : '';
  const since = when === 'during' ? 'while the agent worked, with no tool call that accounts for it' : 'since the turn before';
  return `${files} ${files === 1 ? 'file has' : 'files have'} changed ${since}: ${paths.join(', ')}${more}. Somebody else works in the workspace, or a process goes on that a command has left behind.`;
}

/** `back`: the step that follows when they are kept. */
export function askAboutUnexpected(m: Milestone, task: TaskProgress, found: Unexpected, when: When, back: Step): Step {
  task.tree = found.tree;
  return ask(m, { kind: 'unexpected_change', task: task.id, back, detail: { when, files: found.files, paths: found.paths } }, reasonOf(found, when));
}

/** Whatever could not be taken back is found, and asked about, by the step that comes after. */
export async function putBack(m: Milestone, { task: id, when, by, question }: Extract<Step, { at: 'putBack' }>): Promise<Step> {
  const task = taskOf(m.state, id);
  const options = { ...timeouts.snapshot(m.brief), ...summary(task, 'changes of somebody else taken back') };
  const { undo } = await groups.host.putBack.executeWithOptions(options, [{ ...callOf(m, task), when, tree: task.tree ?? '', question }]);
  const what = undo === null
    ? `nothing was taken back, as ${by ?? 'somebody'} had answered: files have changed since the question`
    : `what somebody else had changed was taken back by ${by ?? 'somebody'}; checkpoint ${undo} holds the files with it`;
  noteEvent(m.state, 'put_back', `${id} #${task.turn}: ${what}`);
  return { at: when === 'during' ? 'endTurn' : 'beginTurn', task: id };
}
