/** The update `restoreNow`: files go back to a checkpoint while the milestone holds the workspace and nothing runs in it. */
import { setHandler } from '@temporalio/workflow';
import type { RestoreReport } from '../activities/contract.ts';
import { restoredNote, type RestoreRequestCall } from '../domain/restore.ts';
import { groups, timeouts } from './activity-groups.ts';
import { refusal, refusalOf } from './answer-handlers.ts';
import { refused, type Refusal } from './inbox.ts';
import { restoreUpdate } from './messages.ts';
import type { Milestone, MilestoneInput, MilestoneState } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';
import { say } from './said.ts';

const MAX_PATHS = 200;

const isText = (value: unknown, max: number): value is string => typeof value === 'string' && value.length > 0 && value.length <= max;

/** Throws `bad_input`. It may come from the Web UI, so anything may be in it. */
export function demandRestore(payload: unknown): RestoreRequestCall {
  const wrong = (message: string) => refusal(refused('bad_input', message));
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) throw wrong('the payload is not an object');
  const { id, checkpoint, paths = null, dryRun = false, by, seen = 0 } = payload as Record<string, unknown>;
  if (!isText(id, 100)) throw wrong('"id" is missing: any text that no other restore has');
  if (!isText(checkpoint, 20)) throw wrong('"checkpoint" is missing: its id');
  if (paths !== null && !(Array.isArray(paths) && paths.length <= MAX_PATHS && paths.every((path) => isText(path, 4_096)))) throw wrong(`"paths" is not a list of at most ${MAX_PATHS} paths`);
  if (typeof dryRun !== 'boolean') throw wrong('"dryRun" is neither true nor false');
  if (typeof seen !== 'number' || !Number.isSafeInteger(seen) || seen < 0) throw wrong('"seen" is not a number');
  if (by !== undefined && by !== null && !isText(by, 200)) throw wrong('"by" is not a name');
  return { id, checkpoint, paths, dryRun, seen, ...(isText(by, 200) && { by }) };
}

/** Nothing runs, and nothing is about to, until somebody says so. */
function whyNotNow({ step, epoch, final, resting, restoring, lanes }: MilestoneState): Refusal | null {
  const isStill = step.at === 'ask' || step.at === 'sleep' || step.at === 'awaitRetry' || resting?.why === 'paused';
  if (final !== null) return refused('not_open', 'the milestone has ended');
  if (restoring !== undefined) return refused('policy', 'another restore is under way: wait for it');
  if (lanes) return refused('policy', `tasks work in worktrees beside it (${Object.keys(lanes).join(', ')}) and come back by themselves: wait for them`);
  if (epoch === null) return refused('policy', 'the milestone waits for the workspace and does not hold it');
  return isStill ? null : refused('policy', `the milestone is at work (${step.at}): pause it first, and wait until it is paused`);
}

function demandNow(state: MilestoneState, payload: unknown): RestoreRequestCall {
  const request = demandRestore(payload);
  const why = whyNotNow(state);
  if (why) throw refusal(why);
  return request;
}

/** The next prompt tells of it; an approval of other files is asked again by itself. */
function noteRestored(m: Milestone, { paths, by }: RestoreRequestCall, report: RestoreReport): void {
  const { files, checkpoint, undo, exact } = report;
  say(m.state, restoredNote(report, paths));
  noteEvent(m.state, 'restored', `${files} files back to checkpoint ${checkpoint} by ${by ?? 'somebody'}${exact ? '' : ', not exactly'}; undo: checkpoint ${undo ?? '–'}`);
}

async function restoreNow(m: Milestone, request: RestoreRequestCall): Promise<RestoreReport> {
  const { project, milestone, planSha256 } = m.input;
  const options = { ...timeouts.snapshot(m.brief), summary: `${milestone} ${request.dryRun ? 'what a restore would do' : `files back to checkpoint ${request.checkpoint}`}` };
  m.state.restoring = request.id;
  try {
    const report = await groups.host.restoreFiles.executeWithOptions(options, [{ project, milestone, planSha256, epoch: m.state.epoch ?? 0, ...request }]);
    if (!request.dryRun) noteRestored(m, request, report);
    return report;
  } catch (error) {
    throw refusalOf(error);
  } finally {
    delete m.state.restoring;
  }
}

/** `milestone()` is asked each time: what it follows changes. */
export function handleRestore(input: MilestoneInput, state: MilestoneState, milestone: () => Milestone): void {
  setHandler(restoreUpdate, (payload: RestoreRequestCall) => restoreNow(milestone(), demandNow(state, payload)), {
    validator: (payload: unknown) => void demandNow(state, payload),
    description: `Put files of ${input.milestone} back to a checkpoint while it waits: {"id": "any new text", "checkpoint": "its id", "seen": 0, "by": "your name"}`,
  });
}
