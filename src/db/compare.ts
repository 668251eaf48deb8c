/** One side of the `compare` document: what a milestone, a task or a turn has come to. */
import { sql } from 'kysely';
import type { DecisionKind } from '../domain/decision.ts';
import type { CheckOutcome } from '../domain/evidence.ts';
import type { Target } from '../domain/ids.ts';
import { decisionRows } from './decisions.ts';
import { diffRows } from './diff.ts';
import { ofTarget } from './targets.ts';
import type { Db } from './transaction.ts';

export interface ComparedSide {
  /** Trees before and after; null before a turn has begun or ended. */
  from: string | null;
  to: string | null;
  turns: number;
  runs: number;
  costUsd: number;
  /** Of the turn that was decided last. */
  quality: number | null;
  confidence: number | null;
  /** Each check as it ran last. */
  checks: { name: string; outcome: CheckOutcome; exitCode: number | null }[];
  changedFiles: number;
  /** Lines, of text files. */
  added: number;
  removed: number;
  decisions: { task: string; turn: number; decision: DecisionKind; rule: string; reason: string }[];
}

interface Totals {
  turns: number;
  runs: number;
  costUsd: number;
}

async function totals(db: Db, target: Target): Promise<Totals> {
  const { rows } = await sql<Totals>`
    select count(*) as turns, coalesce(sum(turn.cost_usd), 0) as "costUsd",
      coalesce(sum((select count(*) from run where run.turn_id = turn.id)), 0) as runs
    from turn where ${ofTarget(target)}`.execute(db);
  return rows[0] ?? { turns: 0, runs: 0, costUsd: 0 };
}

async function lastChecks(db: Db, target: Target): Promise<ComparedSide['checks']> {
  const { rows } = await sql<ComparedSide['checks'][number]>`
    select name, outcome, exit_code as "exitCode" from (
      select distinct on (e.name) e.name, e.outcome, e.exit_code, e.id from evidence e join turn on turn.id = e.turn_id
      where ${ofTarget(target)} and e.outcome <> 'skipped' order by e.name, e.id desc
    ) latest order by name`.execute(db);
  return rows;
}

const linesOf = (counts: readonly (number | null)[]): number => counts.reduce<number>((sum, lines) => sum + (lines ?? 0), 0);

/** Of a milestone that ran several times, its latest run. */
export async function comparedSide(db: Db, target: Target): Promise<ComparedSide> {
  const [sums, diff, checks, decided] = await Promise.all([totals(db, target), diffRows(db, target), lastChecks(db, target), decisionRows(db, target)]);
  const { quality = null, confidence = null } = decided.at(-1)?.scores ?? {};
  return {
    from: diff.from, to: diff.to, ...sums, quality, confidence, checks,
    changedFiles: diff.changes.length, added: linesOf(diff.changes.map(({ added }) => added)), removed: linesOf(diff.changes.map(({ removed }) => removed)),
    decisions: decided.map(({ task, turn, decision, rule, reason }) => ({ task, turn, decision, rule, reason })),
  };
}
