/** An answer that takes the work as it is holds for the files that were asked about. Looked at when it is carried out, however it came. */
import { patched } from '@temporalio/workflow';
import { bindsToTree } from '../domain/automatic.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import { groups, timeouts } from './activity-groups.ts';
import { laneName } from './lane.ts';
import { taskOf, type Milestone, type Step } from './milestone-state.ts';

export interface Moved {
  /** The files as they are now. */
  tree: string;
  /** For people. */
  why: string;
}

type Ask = Extract<Step, { at: 'ask' }>;

/** Null: the files are those that were asked about, or the answer does not depend on them. */
export async function movedSince(m: Milestone, step: Ask, { action, by }: AnsweredBreakpoint): Promise<Moved | null> {
  const turn = step.task === null ? m.lane.lastTurn : { task: step.task, turn: taskOf(m.state, step.task).turn };
  if (!step.tree || !turn || !bindsToTree(step.kind, action) || !patched('tree-of-approval')) return null;
  const { project, milestone, planSha256 } = m.input;
  const call = { project, milestone, planSha256, epoch: m.state.epoch ?? 0, ...turn, tree: step.tree, ...laneName(m) };
  const options = { ...timeouts.snapshot(m.brief), summary: `${step.task ?? milestone} ${action}: are the files those that were asked about?` };
  const { tree, files, paths } = await groups.host.lookAtTree.executeWithOptions(options, [call]);
  if (files === 0) return null;
  const more = files > paths.length ? ` and ${files - paths.length} more` : '';
  return { tree, why: `"${action}" by ${by ?? 'somebody'} was not carried out: files have changed since the question opened (${paths.join(', ')}${more}). It is asked again about the files as they are now.` };
}

/** What is asked about from now on. */
export function askAboutTree(m: Milestone, step: Ask, tree: string): void {
  // It was judged by what was measured before: an answer that has it judged again needs evidence of these files.
  if (step.task !== null) Object.assign(taskOf(m.state, step.task), { tree, ...(patched('measured-anew') && { moved: true }) });
  if (m.lane.lastTurn && (step.task === null || m.lane.lastTurn.task === step.task)) m.lane.lastTurn.tree = tree;
}
