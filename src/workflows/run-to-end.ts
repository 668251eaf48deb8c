/**
 * A turn's run to its end. When it stalls, or works longer than the plan gives it, a person is asked while it goes on:
 * nothing is ended until somebody says so. What the run does meanwhile closes the question by itself.
 */
import { condition, isCancellation, patched } from '@temporalio/workflow';
import type { RunReport, RunResult } from '../activities/contract.ts';
import type { AnsweredBreakpoint } from '../domain/questions.ts';
import { groups, timeouts } from './activity-groups.ts';
import { askAboutStall, askAboutTime, beside, closeByItself, takeAnswerBeside, type Beside, type BesideRun } from './beside-run.ts';
import { carryOut } from './breakpoints.ts';
import { moreMs } from './extensions.ts';
import { measured } from './lane.ts';
import { type Milestone, type Step, type TaskProgress } from './milestone-state.ts';
import { closeQuestion, tellOpened } from './notices.ts';
import { record } from './recorder.ts';
import { callOf, summary } from './turn-call.ts';
import { refresh } from './visibility.ts';
import { untilAnswered } from './waiting.ts';
import { timeLimitOf, workedUntilNow } from './work-time.ts';

interface Run {
  report: Promise<RunReport>;
  /** The activity has ended, however it did. */
  isOver: boolean;
}

function follow(m: Milestone, task: TaskProgress, { stall }: BesideRun): Run {
  const reported = stall?.reported;
  const options = { ...timeouts.run(m.brief, moreMs(m.state, task.id)), ...summary(task, `agent, run ${task.seq}${reported ? ', stalled' : ''}`) };
  const report = groups.agent.runTurn.executeWithOptions(options, [{ ...callOf(m, task), seq: task.seq, ...(reported && { reported }) }]);
  const run: Run = { report, isOver: false };
  const over = (): void => void (run.isOver = true);
  report.then(over, over);
  return run;
}

const isEnd = (report: RunReport): report is RunResult => report.outcome !== 'stalled' && report.outcome !== 'goesOn';

/** Until there is an answer, the activity has ended, or the time of the turn or the task is over. */
async function news(m: Milestone, task: TaskProgress, run: Run, asked: BesideRun): Promise<void> {
  const granted = moreMs(m.state, task.id);
  let isLate = false;
  const isAnswered = (): boolean => m.state.inbox.answers.some(({ id }) => beside(asked).some((one) => one.id === id));
  const isNews = (): boolean => isLate || run.isOver || isAnswered() || moreMs(m.state, task.id) !== granted;
  if (isNews()) return;
  const limit = asked.time ? null : timeLimitOf(m, task, asked);
  const clock = async (): Promise<void> => {
    if (limit === null) return condition(isNews);
    isLate = limit.leftMs <= 0 || !(await condition(isNews, limit.leftMs, { summary: `${task.id} #${task.turn} time of the ${limit.of}` }));
  };
  await Promise.all([clock(), ...beside(asked).map(({ id }) => untilAnswered(m, { id, task: task.id, isMoot: isNews }))]);
}

/** Ends the run on its host, with the proof that nothing is left, and measures what it has changed. */
async function stop(m: Milestone, task: TaskProgress, run: Run, by: string): Promise<void> {
  await groups.host.stopRun.executeWithOptions({ ...timeouts.snapshot(m.brief), ...summary(task, `stopped by ${by}`) }, [{ ...callOf(m, task), seq: task.seq, by }]);
  const last = await run.report.catch(() => undefined);
  // Let go at that very moment, or of a host that was away: followed once more, to the end it has now.
  const end = last && isEnd(last) ? last : await follow(m, task, {}).report;
  const { tree } = await groups.host.endTurn.executeWithOptions({ ...timeouts.snapshot(m.brief), ...summary(task, 'checkpoint and changes') }, [callOf(m, task)]);
  measured(m.lane, task, tree);
  if (isEnd(end)) m.state.costUsd += end.costUsd;
}

/** The answers with which the run goes on. */
const GOES_ON = new Set<AnsweredBreakpoint['action']>(['wait', 'extend']);

interface Answered {
  question: Beside;
  answer: AnsweredBreakpoint;
}

/** Null when the run goes on. */
async function carryOutAnswer(m: Milestone, task: TaskProgress, run: Run, asked: BesideRun, answered: Answered): Promise<Step | null> {
  const { question, answer } = answered;
  closeQuestion(m, answer);
  if (!GOES_ON.has(answer.action)) return endAsAnswered(m, task, run, asked, answered);
  carryOut(m, question.asked, answer);
  if (beside(asked).length > 0) task.state = 'blocked';
  refresh(m);
  await record(m, `${task.id} answered: ${answer.action}`);
  return null;
}

/** The answer is kept until the run has ended and is measured: the host may go away meanwhile. */
async function endAsAnswered(m: Milestone, task: TaskProgress, run: Run, asked: BesideRun, { question, answer }: Answered): Promise<Step> {
  m.lane.stopping = { task: task.id, turn: task.turn, seq: task.seq, question, answer };
  await stop(m, task, run, answer.by ?? 'somebody');
  delete m.lane.stopping;
  await closeByItself(m, task, asked, 'the run was stopped');
  const note = [answer.note, `The attempt before was stopped by a person: ${question.message}`].filter(Boolean).join('\n');
  const next = carryOut(m, question.asked, answer.action === 'retry' ? { ...answer, note } : answer);
  refresh(m);
  return next;
}

/** What a person said before the host went away; null where nothing is left to do. */
function stoppingOf({ lane: { stopping } }: Milestone, task: TaskProgress): Answered | null {
  const isOfRun = stopping?.task === task.id && stopping.turn === task.turn && stopping.seq === task.seq;
  return isOfRun && patched('stop-is-kept') ? stopping : null;
}

/** The activity has ended: the questions that this answers are closed, a stall opens one. */
async function take(m: Milestone, task: TaskProgress, run: Run, asked: BesideRun): Promise<RunResult | null> {
  const report = await run.report.catch(async (error: unknown) => {
    if (!isCancellation(error)) await closeByItself(m, task, asked, 'the run is not followed any more');
    throw error;
  });
  const { outcome } = report;
  if (isEnd(report)) await closeByItself(m, task, asked, `the run ended: ${outcome}`);
  else await closeByItself(m, task, asked, outcome === 'goesOn' ? 'the run went on' : `the run ${outcome} again`, ['stall']);
  if (isEnd(report)) return report;
  if (report.outcome === 'stalled') askAboutStall(m, task, asked, report);
  return null;
}

async function tell(m: Milestone, task: TaskProgress, kind: string): Promise<void> {
  await record(m, `${task.id} question ${kind}`);
  tellOpened(m);
}

/** One activity's worth of following: the end, a person's step, or null when it is to be followed on. */
async function followOnce(m: Milestone, task: TaskProgress, run: Run, asked: BesideRun): Promise<RunResult | Step | null> {
  for (;;) {
    if (asked.isNew) await tell(m, task, asked.isNew);
    delete asked.isNew;
    await news(m, task, run, asked);
    const answered = takeAnswerBeside(m, asked);
    const next = answered && (await carryOutAnswer(m, task, run, asked, answered));
    if (next) return next;
    if (answered) continue;
    if (run.isOver) return take(m, task, run, asked);
    askAboutTime(m, task, asked);
  }
}

/** The run's result, or the step that a person's answer led to. Returns and throws only when no activity follows the run any more. */
export async function runToEnd(m: Milestone, task: TaskProgress): Promise<RunResult | Step> {
  const asked: BesideRun = { since: Date.now() };
  for (;;) {
    const run = follow(m, task, asked);
    try {
      const stopping = stoppingOf(m, task);
      const next = stopping ? await endAsAnswered(m, task, run, asked, stopping) : await followOnce(m, task, run, asked);
      if (next) return next;
    } catch (error) {
      // Cancelled: the agent is ended by the activity, and only then by us.
      await run.report.catch(() => undefined);
      if (!isCancellation(error)) await closeByItself(m, task, asked, 'the run is not followed any more');
      throw error;
    } finally {
      workedUntilNow(m, task, asked);
    }
  }
}
