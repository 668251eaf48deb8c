/**
 * A turn's run to its end. When it stalls, a person is asked while it goes on: nothing is ended until somebody says so. What
 * the run does meanwhile closes the question by itself.
 */
import { condition, isCancellation } from '@temporalio/workflow';
import type { ReportedStall, RunReport, RunResult, RunStalled } from '../activities/contract.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import { groups, timeouts } from './activity-groups.ts';
import { ask, carryOut } from './breakpoints.ts';
import { settle, takeAnswer } from './inbox.ts';
import type { Milestone, Step, TaskProgress } from './milestone-state.ts';
import { noteEvent, record } from './recorder.ts';
import { callOf, summary } from './turn-call.ts';
import { refresh } from './visibility.ts';

interface Run {
  report: Promise<RunReport>;
  /** The activity has ended, however it did. */
  isOver: boolean;
}

function follow(m: Milestone, task: TaskProgress, reported: ReportedStall | null): Run {
  const options = { ...timeouts.run(m.brief), ...summary(task, `agent, run ${task.seq}${reported ? ', stalled' : ''}`) };
  const report = groups.agent.runTurn.executeWithOptions(options, [{ ...callOf(m, task), seq: task.seq, ...(reported && { reported }) }]);
  const run: Run = { report, isOver: false };
  const over = (): void => void (run.isOver = true);
  report.then(over, over);
  return run;
}

const isEnd = (report: RunReport): report is RunResult => report.outcome !== 'stalled' && report.outcome !== 'goesOn';

/** The question of a stall, or what is done where the plan asks nobody. */
function askAbout(m: Milestone, task: TaskProgress, { message, kind, offset }: RunStalled): ReportedStall | Step {
  const back: Step = { at: 'runTurn', task: task.id };
  const asked = ask(m, { kind: 'stalled', task: task.id, back }, message);
  refresh(m);
  return asked.at === 'ask' ? { question: asked.breakpoint, kind, offset } : asked;
}

/** A person's answer, or undefined when the activity ended first. */
async function answerTo(m: Milestone, question: string, run: Run): Promise<AnsweredBreakpoint | undefined> {
  const { inbox } = m.state;
  await condition(() => run.isOver || inbox.answers.some(({ id }) => id === question));
  return takeAnswer(inbox, question);
}

/** The run has answered for the person, who need not any more. */
async function closeByItself(m: Milestone, task: TaskProgress, question: string, note: string): Promise<void> {
  const { inbox } = m.state;
  if (!inbox.open.some(({ id }) => id === question)) return;
  settle(inbox, { breakpoint: question, action: 'wait', by: 'the run', note }, 'itself', new Date().toISOString());
  const answer = takeAnswer(inbox, question);
  if (answer) m.state.unrecorded.answered.push(answer);
  task.state = 'running';
  noteEvent(m.state, 'stall_over', `${task.id} #${task.turn}: ${note}`);
  refresh(m);
  await record(m, `${task.id} #${task.turn} ${note}`);
}

/** Ends the run on its host, with the proof that nothing is left, and measures what it has changed. */
async function stop(m: Milestone, task: TaskProgress, run: Run, by: string): Promise<void> {
  await groups.host.stopRun.executeWithOptions({ ...timeouts.snapshot(m.brief), ...summary(task, `stopped by ${by}`) }, [{ ...callOf(m, task), seq: task.seq, by }]);
  const last = await run.report.catch(() => undefined);
  // Let go at that very moment, or of a host that was away: followed once more, to the end it has now.
  const end = last && isEnd(last) ? last : await follow(m, task, null).report;
  if (isEnd(end)) m.state.costUsd += end.costUsd;
  const { tree } = await groups.host.endTurn.executeWithOptions({ ...timeouts.snapshot(m.brief), ...summary(task, 'checkpoint and changes') }, [callOf(m, task)]);
  task.tree = tree;
}

/** Null when the run goes on. */
async function carryOutAnswer(m: Milestone, task: TaskProgress, run: Run, answer: AnsweredBreakpoint, stall: string): Promise<Step | null> {
  m.state.unrecorded.answered.push(answer);
  const question = { kind: 'stalled', task: task.id, back: { at: 'runTurn', task: task.id } } as const;
  if (answer.action !== 'wait') await stop(m, task, run, answer.by ?? 'somebody');
  const note = [answer.note, `The attempt before was stopped by a person: ${stall}`].filter(Boolean).join('\n');
  const next = carryOut(m, question, answer.action === 'retry' ? { ...answer, note } : answer);
  refresh(m);
  if (answer.action !== 'wait') return next;
  await record(m, `${task.id} answered: wait`);
  return null;
}

/** Follows while the question is open. A step: a person had the run stopped. */
async function whileAsked(m: Milestone, task: TaskProgress, run: Run, question: string, stall: string): Promise<RunReport | Step> {
  await record(m, `${task.id} question stalled`);
  const answer = await answerTo(m, question, run);
  const next = answer ? await carryOutAnswer(m, task, run, answer, stall) : null;
  if (next) return next;
  try {
    const report = await run.report;
    await closeByItself(m, task, question, report.outcome === 'goesOn' ? 'the run went on' : `the run ended: ${report.outcome}`);
    return report;
  } catch (error) {
    if (!isCancellation(error)) await closeByItself(m, task, question, 'the run is not followed any more');
    throw error;
  }
}

interface Told {
  reported: ReportedStall;
  message: string;
}

/** One activity's worth of following: the end, a person's step, the stall that is asked about now, or null when it gets on. */
async function followOnce(m: Milestone, task: TaskProgress, run: Run, told: Told | null): Promise<RunResult | Step | Told | null> {
  const report = told ? await whileAsked(m, task, run, told.reported.question, told.message) : await run.report;
  if ('at' in report || isEnd(report)) return report;
  if (report.outcome !== 'stalled') return null;
  const reported = askAbout(m, task, report);
  return 'at' in reported ? reported : { reported, message: report.message };
}

/** The run's result, or the step that a person's answer led to. Returns and throws only when no activity follows the run any more. */
export async function runToEnd(m: Milestone, task: TaskProgress): Promise<RunResult | Step> {
  for (let told: Told | null = null; ;) {
    const run = follow(m, task, told?.reported ?? null);
    try {
      const next: RunResult | Step | Told | null = await followOnce(m, task, run, told);
      if (next && !('reported' in next)) return next;
      told = next;
    } catch (error) {
      // Cancelled: the agent is ended by the activity, and only then by us.
      await run.report.catch(() => undefined);
      throw error;
    }
  }
}
