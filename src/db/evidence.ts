/** What Holdpoint measured itself: the baseline of a milestone, and the checks of each turn. */
import type { Selectable } from 'kysely';
import type { TurnRef } from '../domain/ids.ts';
import type { LastRun } from '../domain/evidence-compare.ts';
import type { CheckEvidence, CheckRun } from '../domain/evidence.ts';
import type { MilestoneEpoch } from './checkpoints.ts';
import { cleanText, jsonText } from './columns.ts';
import { underLease } from './lease-fence.ts';
import type { EvidenceTable } from './schema-judgement.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

const measured = (run: CheckRun) => ({
  name: run.name, exit_code: run.exitCode, duration_ms: Math.round(run.durationMs), timed_out: run.timedOut,
  tail: cleanText(run.tail), tree: run.tree, tree_after: run.treeAfter,
  report: jsonOrNull(run.report), changed: jsonOrNull(run.changed),
});

const jsonOrNull = (value: object | undefined): string | null => (value === undefined ? null : jsonText(value));

/** May be repeated: what was measured first stays. */
export async function insertBaseline(db: Db, of: MilestoneEpoch, runs: readonly CheckRun[]): Promise<void> {
  if (runs.length === 0) return;
  const { project, milestone, epoch } = of;
  await underLease(db, of, (tx) => tx.insertInto('evidence').values(runs.map((run) => ({ project, milestone, epoch, ...measured(run) })))
    .onConflict((oc) => oc.doNothing()).execute());
}

/** In the order they were measured; empty before that. */
export async function baselineOf(db: Db, { project, milestone, epoch }: MilestoneEpoch): Promise<CheckRun[]> {
  const rows = await db.selectFrom('evidence').selectAll()
    .where('project', '=', project).where('milestone', '=', milestone).where('epoch', '=', epoch).where('turn_id', 'is', null)
    .orderBy('id').execute();
  return rows.map(runOf);
}

/** The turn must exist. May be repeated: what was measured first stays. */
export async function insertEvidence(db: Db, ref: TurnRef, checks: readonly CheckEvidence[]): Promise<void> {
  if (checks.length === 0) return;
  const { project, milestone, epoch } = ref;
  const rows = checks.map((check) => ({
    project, milestone, epoch, turn_id: turnIdSql(ref), ...measured(check), required: check.required, expect: check.expect,
    outcome: check.outcome, met: check.met, baseline_exit_code: check.baselineExitCode,
    baseline_counts: jsonOrNull(check.baselineCounts), tests: jsonOrNull(check.tests),
  }));
  await underLease(db, ref, (tx) => tx.insertInto('evidence').values(rows).onConflict((oc) => oc.doNothing()).execute());
}

/** The turn goes on: what was measured before says nothing about its end. Decisions keep what they were made of. May be repeated. */
export const dropEvidence = (db: Db, ref: TurnRef): Promise<void> =>
  underLease(db, ref, async (tx) => void (await tx.deleteFrom('evidence').where('turn_id', '=', turnIdSql(ref)).execute()));

/** In the order they were measured; empty before that. */
export async function evidenceOf(db: Db, ref: TurnRef): Promise<CheckEvidence[]> {
  const rows = await db.selectFrom('evidence').selectAll().where('turn_id', '=', turnIdSql(ref)).orderBy('id').execute();
  return rows.map(evidenceOfRow);
}

/** The last run of each check in this milestone, its baseline included; a check that was skipped did not run. */
export async function lastRuns(db: Db, { project, milestone, epoch }: MilestoneEpoch): Promise<LastRun<CheckRun>[]> {
  const rows = await db.selectFrom('evidence').selectAll().distinctOn('name')
    .where('project', '=', project).where('milestone', '=', milestone).where('epoch', '=', epoch)
    .where((eb) => eb.or([eb('outcome', 'is', null), eb('outcome', '!=', 'skipped')]))
    .orderBy('name').orderBy('id', 'desc').execute();
  return rows.map((row) => ({ ...runOf(row), outcome: row.outcome }));
}

function runOf(row: Selectable<EvidenceTable>): CheckRun {
  return {
    name: row.name, exitCode: row.exit_code, durationMs: row.duration_ms, timedOut: row.timed_out,
    tail: row.tail, tree: row.tree, treeAfter: row.tree_after,
    ...(row.report && { report: row.report }), ...(row.changed && { changed: row.changed }),
  };
}

function evidenceOfRow(row: Selectable<EvidenceTable>): CheckEvidence {
  const { required, expect, outcome, met } = row;
  if (required === null || expect === null || outcome === null || met === null) throw new Error(`evidence ${row.id} of a turn has no outcome`);
  return {
    ...runOf(row), required, expect, outcome, met, baselineExitCode: row.baseline_exit_code,
    ...(row.baseline_counts && { baselineCounts: row.baseline_counts }), ...(row.tests && { tests: row.tests }),
  };
}
