/** More turns, money or time than the plan allows, as a person grants it. Package-free: workflow code imports this file. */
import type { BudgetLevel } from './budget.ts';
import { TURNS_CEILING } from './turns.ts';

/** At least one of the three amounts. */
export interface Extension {
  /** Absent: the milestone as a whole. */
  task?: string;
  turns?: number;
  budgetUsd?: number;
  minutes?: number;
  by?: string;
}

/** One limit that was raised, as rows hold it. */
export interface RaisedLimit {
  what: 'turns' | 'usd' | 'minutes';
  /** Of money. */
  level: BudgetLevel | null;
  /** Null: for all tasks of the milestone. */
  task: string | null;
  amount: number;
  by: string | null;
}

export const MOST_USD = 100_000;
/** A week. */
export const MOST_MINUTES = 10_080;

const isNumber = (value: unknown, max: number): value is number => typeof value === 'number' && value > 0 && value <= max;

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

function amountProblem({ turns, budgetUsd, minutes }: Record<string, unknown>): string | undefined {
  if (isAbsent(turns) && isAbsent(budgetUsd) && isAbsent(minutes)) return 'nothing to extend: give "turns", "budgetUsd" or "minutes"';
  if (!isAbsent(turns) && !(isNumber(turns, TURNS_CEILING) && Number.isInteger(turns))) return `"turns" is not a whole number from 1 to ${TURNS_CEILING}`;
  if (!isAbsent(budgetUsd) && !isNumber(budgetUsd, MOST_USD)) return `"budgetUsd" is not an amount above 0 and up to ${MOST_USD}`;
  if (!isAbsent(minutes) && !isNumber(minutes, MOST_MINUTES)) return `"minutes" is not a number above 0 and up to ${MOST_MINUTES}`;
  return undefined;
}

function problemOf(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return 'the payload is not an object';
  const { task, by } = payload as Record<string, unknown>;
  if (!isAbsent(task) && typeof task !== 'string') return '"task" is not the id of a task';
  if (!isAbsent(by) && (typeof by !== 'string' || by.length === 0 || by.length > 200)) return '"by" is not a name';
  return amountProblem(payload as Record<string, unknown>);
}

/** Reads a payload that may come from anywhere. */
export function readExtension(payload: unknown): { extension: Extension } | { problem: string } {
  const problem = problemOf(payload);
  if (problem !== undefined) return { problem };
  const { task, turns, budgetUsd, minutes, by } = payload as Extension;
  return { extension: { ...(task && { task }), ...(turns && { turns }), ...(budgetUsd && { budgetUsd }), ...(minutes && { minutes }), ...(by && { by }) } };
}

/** `20 turns, $5, 30 minutes` */
export function describeExtension({ turns, budgetUsd, minutes }: Extension): string {
  const parts = [turns !== undefined && `${turns} turns`, budgetUsd !== undefined && `$${budgetUsd}`, minutes !== undefined && `${minutes} minutes`];
  return parts.filter(Boolean).join(', ');
}

const found = (text: string, pattern: RegExp): number | undefined => {
  const [, digits] = pattern.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
};

const NUMBER = String.raw`(\d{1,6}(?:\.\d{1,6})?)`;
const DOLLARS = [new RegExp(String.raw`\$\s?${NUMBER}`), new RegExp(String.raw`\b${NUMBER}\s?(?:usd|dollars?)\b`, 'i')];
const MINUTES = new RegExp(String.raw`\b${NUMBER}\s?(?:m|min|minutes?)\b`, 'i');
const HOURS = new RegExp(String.raw`\b${NUMBER}\s?(?:h|hours?)\b`, 'i');

function minutesIn(note: string): number | undefined {
  const hours = found(note, HOURS);
  return found(note, MINUTES) ?? (hours === undefined ? undefined : hours * 60);
}

/** The amounts that a note names, such as `20 turns`, `$5`, `30 minutes`; none where it names none, or one that is not allowed. */
export function amountsIn(note: string | null): Pick<Extension, 'turns' | 'budgetUsd' | 'minutes'> {
  if (note === null) return {};
  const named = {
    turns: found(note, /\b(\d{1,6})\s?turns?\b/i), minutes: minutesIn(note),
    budgetUsd: DOLLARS.map((pattern) => found(note, pattern)).find((usd) => usd !== undefined),
  };
  const read = readExtension(named);
  if ('problem' in read) return {};
  const { turns, budgetUsd, minutes } = read.extension;
  return { ...(turns && { turns }), ...(budgetUsd && { budgetUsd }), ...(minutes && { minutes }) };
}
