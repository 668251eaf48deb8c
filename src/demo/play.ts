/** Carries the demo's plan from start to end: tells what happens, has questions answered, says how it ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Question } from '../db/breakpoints.ts';
import { readInbox } from '../db/inbox.ts';
import { savePlan } from '../db/plans.ts';
import { readStatus, type StatusProject, type StatusTurn } from '../db/status.ts';
import type { Db } from '../db/transaction.ts';
import type { AnswerAction } from '../domain/breakpoints.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import { CLOSED_STATES } from '../domain/states.ts';
import { answerBreakpoint } from '../temporal/client.ts';
import { startProject } from '../temporal/start.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { DemoPlan } from './plan.ts';

export interface Reply {
  action: AnswerAction;
  note?: string;
  by: string;
}

export interface Given extends Reply {
  breakpoint: string;
}

export interface Stage {
  db: Db;
  temporal: Temporal;
  /** How a question is answered: by the person on the terminal, or by the demo itself. */
  answer: (question: Question, signal: AbortSignal) => Promise<Reply>;
  tell: (line: string) => void;
  signal: AbortSignal;
}

const EVERY_MS = 150;

const decided = (turn: StatusTurn): string => {
  const checks = turn.checks.map(({ name, outcome }) => `${name} ${outcome}`).join(', ');
  return `${checks || 'no check ran'} → ${turn.decision} (${turn.rule})`;
};

/** One line per thing that can be seen for the first time. */
function newsOf(project: StatusProject, told: Set<string>): string[] {
  const lines = project.milestones.flatMap((milestone) => milestone.tasks.flatMap((task) => task.turns.flatMap((turn) => [
    `${task.id} #${turn.turn}: the agent works`,
    ...(turn.outcome === null ? [] : [`${task.id} #${turn.turn}: the agent says it is done (${turn.outcome})`]),
    ...(turn.decision === null ? [] : [`${task.id} #${turn.turn}: ${decided(turn)}`]),
  ])));
  const news = lines.filter((line) => !told.has(line));
  news.forEach((line) => told.add(line));
  return news;
}

/** False when somebody else was faster: the Web UI and other terminals are open all the while. */
async function give(stage: Stage, answer: Given): Promise<boolean> {
  try {
    await answerBreakpoint(stage.temporal, answer);
    stage.tell(`${answer.breakpoint}: ${answer.action}, answered by ${answer.by}`);
    return true;
  } catch (error) {
    if (!(error instanceof HoldpointError) || error.kind !== 'already_answered') throw error;
    stage.tell(error.message);
    return false;
  }
}

/** `settled`: questions that have their answer, whoever gave it; the read side may still list them. */
async function answerOpen(stage: Stage, project: string, given: Given[], settled: Set<string>): Promise<void> {
  for (const question of await readInbox(stage.db, project)) {
    if (settled.has(question.id)) continue;
    const answer = { breakpoint: question.id, ...(await stage.answer(question, stage.signal)) };
    if (await give(stage, answer)) given.push(answer);
    settled.add(question.id);
  }
}

/** Starts the project and returns when it has ended. Cancelled by `signal`, which leaves the project to be cancelled. */
export async function play(stage: Stage, { plan, sha256, source }: DemoPlan): Promise<{ status: StatusProject; answered: Given[] }> {
  const { project } = plan;
  await savePlan(stage.db, { project, sha256, plan, source });
  await startProject(stage.temporal, { project, planSha256: sha256 });
  const answered: Given[] = [];
  const told = new Set<string>();
  const settled = new Set<string>();
  for (;;) {
    stage.signal.throwIfAborted();
    const [status] = (await readStatus(stage.db, project)).projects;
    if (!status) throw new HoldpointError('internal', `project ${project} has vanished from the database`);
    newsOf(status, told).forEach(stage.tell);
    if (CLOSED_STATES.includes(status.state)) return { status, answered };
    await answerOpen(stage, project, answered, settled);
    await sleep(EVERY_MS, undefined, { signal: stage.signal }).catch(() => stage.signal.throwIfAborted());
  }
}
