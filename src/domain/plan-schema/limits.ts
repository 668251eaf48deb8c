/** The parts of the plan file that limit turns, attempts, money and time. */
import * as z from 'zod';
import { parseDuration } from '../duration.ts';
import { DEFAULT_WARN_AT } from '../limits/budget.ts';
import { MOST_USD } from '../limits/extension.ts';
import type { TimePolicy } from '../limits/time.ts';
import { TURNS_OF_KIND, TURNS_OF_SIZE, type TaskKind, type TaskSize } from '../limits/turns.ts';
import type { Mistake } from '../yaml-source.ts';
import { duration, real, whole } from './fields.ts';
import type { PlanFile } from './file.ts';
import { field } from './raw.ts';

const names = <T extends string>(table: Record<T, number>) => Object.keys(table) as [T, ...T[]];

const listed = (table: Record<string, number>): string => Object.entries(table).map(([name, turns]) => `${name} ${turns}`).join(', ');

/** Keys of a task. */
export const taskLimits = {
  kind: z.enum(names<TaskKind>(TURNS_OF_KIND)).optional().describe(`Sets the model's turns of one run: ${listed(TURNS_OF_KIND)}`),
  size: z.enum(names<TaskSize>(TURNS_OF_SIZE)).optional().describe(`Sets the model's turns of one run: ${listed(TURNS_OF_SIZE)}; with a kind the larger number holds`),
  attempts: whole(1, 20).optional().describe("Attempts before a person is asked, in place of the agent's"),
};

const usd = (of: string) => z.number().positive('must be more than 0').max(MOST_USD, `must be at most ${MOST_USD}`).optional().describe(`US dollars for ${of}`);

export const budget = z.strictObject({
  turn: usd('one attempt; the same as `agent.budgetUsd`'),
  task: usd('one task, all its attempts together'),
  milestone: usd('one milestone'),
  project: usd('the whole project'),
  warnAt: real(0, 1).default(DEFAULT_WARN_AT).describe('Share of a limit from which it is said that the money runs out'),
}).describe('At a limit a person is asked between two turns; no turn is cut off in the middle of a call');

export const time = z.strictObject({
  turn: duration().optional().describe('Time the agent may work at one attempt before a person is asked; it goes on meanwhile'),
  task: duration().optional().describe('The same for all attempts at a task together'),
});

const ms = (text: string): number => parseDuration(text) ?? Number.NaN;

export const toTime = ({ turn, task }: z.infer<typeof time>): TimePolicy => ({
  ...(turn !== undefined && { turnMs: ms(turn) }), ...(task !== undefined && { taskMs: ms(task) }),
});

/** Two names for one limit. */
export function limitMistakes(raw: unknown): Mistake[] {
  if (field(raw, 'agent', 'budgetUsd') === undefined || field(raw, 'budget', 'turn') === undefined) return [];
  return [{ path: ['budget', 'turn'], message: 'agent.budgetUsd says the same already', suggestion: 'keep one of the two' }];
}

/** A run that is ended before anybody could be asked about it. */
export function limitWarnings({ agent, policy }: PlanFile): Mistake[] {
  const { turn } = policy.time ?? {};
  if (turn === undefined || ms(turn) < ms(agent.timeout)) return [];
  return [{
    path: ['policy', 'time', 'turn'], message: `a run is ended after ${agent.timeout} (agent.timeout): nobody is asked before that`,
    suggestion: 'let agent.timeout be longer',
  }];
}
