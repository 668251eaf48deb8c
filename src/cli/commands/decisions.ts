/** `holdpoint decisions TARGET`: what was decided, by which rule, from which facts, and what would have changed it. */
import type { Command } from 'commander';
import { decisionRows, type DecisionRow } from '../../db/decisions.ts';
import type { CheckEvidence } from '../../domain/evidence.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Io } from '../io.ts';
import { score } from '../table.ts';
import { existingTarget } from '../targets.ts';

function decisionText(row: DecisionRow, io: Io): string {
  const colors = colorsFor(io);
  const { evidence = [] } = row.facts as { evidence?: CheckEvidence[] };
  return [
    `${colors.bold(`${row.milestone}/${row.task}.${row.turn}`)}  ${row.decision}  by rule ${row.rule}  at ${row.at}`,
    ...row.reason.split('\n').map((line) => `  ${line}`),
    ...evidence.map(({ name, exitCode, outcome, durationMs }) => `  check ${name}: ${outcome}, exit code ${exitCode ?? '–'}, ${durationMs} ms`),
    `  quality ${score(row.scores.quality)}, confidence ${score(row.scores.confidence)}`,
    ...row.wouldChange.map((line) => colors.dim(`  would change it: ${String(line)}`)),
  ].join('\n');
}

async function decisions({ session, io, args: [name = ''], print }: Call): Promise<void> {
  const target = await existingTarget(session.db, name);
  const rows = await decisionRows(session.db, target);
  await print({ decisions: rows }, () => (rows.length === 0 ? `nothing decided about ${name} yet` : rows.map((row) => decisionText(row, io)).join('\n\n')));
}

export function addDecisions(program: Command, frame: Frame): void {
  const command = program.command('decisions').description('what was decided, by which rule, and what would have changed it')
    .argument('<target>', 'project[/milestone[/task[.turn]]]');
  define(frame, command, decisions);
}
