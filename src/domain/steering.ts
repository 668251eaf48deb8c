/** What a person says to the agent while it works: the payload of `steer`, and how the agent is told. Package-free. */

export interface Steer {
  text: string;
  /** Only while this task is worked on; absent: whatever is. */
  task?: string;
  /** For the next prompt, not for the running turn. */
  next?: boolean;
  by?: string;
}

// In the history of the workflow as it is.
export const MAX_STEER = 8_000;
const MAX_NAME = 200;

const isText = (value: unknown, max: number): value is string => typeof value === 'string' && value.trim() !== '' && value.length <= max;

/** The payload may come from anywhere. */
export function readSteer(payload: unknown): { steer: Steer } | { problem: string } {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return { problem: 'the payload is not an object' };
  const { text, task, next, by } = payload as Record<string, unknown>;
  if (!isText(text, MAX_STEER)) return { problem: `"text" is not a text of 1 to ${MAX_STEER} characters` };
  if (task !== undefined && task !== null && !isText(task, MAX_NAME)) return { problem: '"task" is not the id of a task' };
  if (next !== undefined && next !== null && typeof next !== 'boolean') return { problem: '"next" is not true or false' };
  if (by !== undefined && by !== null && !isText(by, MAX_NAME)) return { problem: '"by" is not a name' };
  return { steer: { text: text.trim(), ...(task != null && { task }), ...(next === true && { next }), ...(by != null && { by }) } };
}

const PERSON_SAYS = 'A person who supervises this work says:\n';

/** Never begins with a slash, which some agents take for a command of theirs. */
export const toldToAgent = (text: string): string => `${PERSON_SAYS}${text}`;

export const isToldByPerson = (text: string): boolean => text.startsWith(PERSON_SAYS);
