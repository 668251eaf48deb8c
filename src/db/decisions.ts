/** What was decided about a turn, with everything that led to it. A turn may be decided more than once: its run was lost, or a person had it judged again. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { BreakpointKind } from '../domain/breakpoints.ts';
import type { Decision, DecisionKind, RuleName, Scores } from '../domain/decision.ts';
import type { Target, TurnRef } from '../domain/ids.ts';
import { cleanText, jsonText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import { ofTarget } from './targets.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

export interface NewDecision {
  decision: Decision;
  rule: RuleName;
  /** One paragraph for people. */
  reason: string;
  /** Everything the rules looked at; plain JSON. Name the run's `seq` in it, so that two lost runs are two decisions. */
  facts: unknown;
  scores: Scores;
  /** What would have led to another decision. */
  wouldChange: unknown[];
}

export interface StoredDecision extends Omit<NewDecision, 'decision'> {
  decision: DecisionKind;
  breakpoint: BreakpointKind | null;
  /** Goes into the next prompt. */
  feedback: string | null;
  /** RFC 3339. */
  until: string | null;
  at: string;
}

/** One entry of the `decisions` document. */
export type DecisionRow = StoredDecision & { milestone: string; epoch: number; task: string; turn: number };

type Row = Omit<DecisionRow, 'at' | 'until'> & { at: Date; until: Date | null };

const COLUMNS = sql`d.decision, d.rule, d.breakpoint, d.feedback, d.until, d.reason, d.facts, d.scores, d.would_change as "wouldChange", d.at`;

/** The turn must exist. May be repeated: the same decision on the same inputs is one row. */
export async function insertDecision(db: Db, ref: TurnRef, made: NewDecision): Promise<void> {
  const { decision, rule, reason, scores } = made;
  const facts = jsonText(made.facts);
  const wouldChange = jsonText(made.wouldChange);
  const inputs = createHash('sha256').update(jsonText([decision, rule, scores])).update(facts).update(wouldChange).digest('hex');
  await underLease(db, ref, (tx) => tx.insertInto('decision').values({
    turn_id: turnIdSql(ref), inputs_sha256: inputs, decision: decision.kind, rule, reason: cleanText(reason),
    breakpoint: 'breakpoint' in decision ? decision.breakpoint : null,
    until: decision.kind === 'wait' ? decision.until : null,
    feedback: 'feedback' in decision ? cleanText(decision.feedback) : null,
    facts, scores: jsonText(scores), quality: scores.quality, confidence: scores.confidence, would_change: wouldChange,
  }).onConflict((oc) => oc.doNothing()).execute());
}

/** The latest decision about a turn; undefined when there is none yet. */
export async function decisionOf(db: Db, ref: TurnRef): Promise<DecisionRow | undefined> {
  const { rows } = await sql<Row>`
    select turn.milestone, turn.epoch, turn.task, turn.turn, ${COLUMNS} from decision d join turn on turn.id = d.turn_id
    where d.turn_id = ${turnIdSql(ref)} order by d.id desc limit 1`.execute(db);
  return rows.map(fromRow)[0];
}

/** Oldest first. */
export async function decisionRows(db: Db, target: Target): Promise<DecisionRow[]> {
  const { rows } = await sql<Row>`
    select turn.milestone, turn.epoch, turn.task, turn.turn, ${COLUMNS} from turn join decision d on d.turn_id = turn.id
    where ${ofTarget(target)} order by d.id`.execute(db);
  return rows.map(fromRow);
}

const fromRow = (row: Row): DecisionRow => ({ ...row, at: row.at.toISOString(), until: row.until?.toISOString() ?? null });
