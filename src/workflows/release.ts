/**
 * A plan that has changed may cover what is being asked: such questions are answered by the plan. Call it when the brief has
 * been replaced, after `m.brief` is the new one. Nothing happens to a question whose policy is the same.
 */
import { timersOf } from '../domain/automatic.ts';
import type { AnswerAction, BreakpointKind } from '../domain/breakpoints.ts';
import type { OpenBreakpoint, QuestionTimers } from '../domain/questions.ts';
import { groups } from './activity-groups.ts';
import { WHEN_OFF } from './after-answer.ts';
import { settle } from './inbox.ts';
import type { Milestone } from './milestone-state.ts';
import { noteEvent } from './recorder.ts';
import { refresh } from './visibility.ts';

/** About one call of the agent, which the new rules may allow or deny. */
const ABOUT_CALLS: ReadonlySet<BreakpointKind> = new Set<BreakpointKind>(['permission_request', 'destructive_operation']);

/** Reminders are counted on while their length stays the same. */
function retimed(m: Milestone, question: OpenBreakpoint): QuestionTimers | undefined {
  const timers = timersOf(m.brief.breakpoints[question.kind], question);
  const before = question.timers?.remind;
  if (!timers?.remind || !before) return timers;
  if (before.everyMs === timers.remind.everyMs) return { ...timers, remind: before };
  return { ...timers, remind: { ...timers.remind, at: new Date(Date.now() + timers.remind.everyMs).toISOString(), n: before.n } };
}

const isDue = ({ timers }: OpenBreakpoint): boolean => timers?.automatic !== undefined && Date.parse(timers.automatic.at) <= Date.now();

/** What the plan says now; null: it is still asked. An open question is never answered with `abort` for being switched off. */
async function answerOfPlan(m: Milestone, question: OpenBreakpoint): Promise<AnswerAction | null> {
  const { kind, id, task, turn, detail } = question;
  if (m.brief.breakpoints[kind]?.enabled === false && WHEN_OFF[kind] !== 'abort') return WHEN_OFF[kind];
  if (isDue(question)) return question.timers?.automatic?.action ?? null;
  if (!ABOUT_CALLS.has(kind)) return null;
  const { project, milestone, planSha256 } = m.input;
  const call = { project, milestone, planSha256, breakpoint: id, kind, task, turn, epoch: m.state.epoch ?? 0, ...(m.state.granted && { granted: m.state.granted }), ...(detail && { detail }) };
  return (await groups.quick.stillAsked.executeWithOptions({ summary: `${task ?? milestone} does the plan still ask ${kind}?` }, [call])).answer;
}

export async function releaseCovered(m: Milestone): Promise<void> {
  const { inbox } = m.state;
  for (const question of [...inbox.open]) {
    // Its time may have come while the history was begun afresh: then it is the timer's answer, not that of a changed plan.
    const via = isDue(question) ? 'timer' : 'itself';
    const timers = retimed(m, question);
    if (timers) question.timers = timers;
    else delete question.timers;
    const action = await answerOfPlan(m, question);
    if (action === null || !inbox.open.includes(question)) continue;
    settle(inbox, { breakpoint: question.id, action, by: 'the plan' }, via, new Date().toISOString());
    noteEvent(m.state, 'released', `${question.id}: ${action}, by the plan as it is now`);
  }
  refresh(m);
}
