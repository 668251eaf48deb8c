/** `holdpoint decisions TARGET`: what was decided, by which rule, from which facts, and what would have changed it. */
import type { Command } from 'commander';
import { decisionRows, type DecisionRow } from '../../db/decisions.ts';
import { restoreRows, type RestoreRow } from '../../db/restores.ts';
import type { DecisionsDocument } from '../../domain/documents/turns.ts';
import { nearRules, type NearRule } from '../../domain/explain.ts';
import { judge, type JudgeFacts } from '../../domain/judge.ts';
import type { CheckEvidence } from '../../domain/evidence.ts';
import type { Weakening } from '../../domain/weakening/finding.ts';
import { countsText, namedTests } from '../../domain/judge/evidence-text.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Io } from '../io.ts';
import { restoredText } from '../restored-text.ts';
import { score } from '../table.ts';
import { existingTarget } from '../targets.ts';

type Explained = DecisionRow & Pick<DecisionsDocument['decisions'][number], 'nearly' | 'custom'>;

/** From the stored facts, so that decisions of older versions are explained too. */
function explained(row: DecisionRow): Explained {
  const facts = row.facts as JudgeFacts;
  const judged = judge(facts);
  return { ...row, nearly: nearRules(facts, judged), ...(judged.custom && { custom: judged.custom }) };
}

const nearText = ({ rule, decision, missing }: { rule: string; decision: string; missing: string[] }): string =>
  `  nearly ${rule} (${decision}): with ${missing.join(', or with ')}`;

/** Another rule with the same decision; those with another one are among what would have changed it. */
const sameByOther = ({ decision, breakpoint, nearly = [] }: Explained): NearRule[] =>
  nearly.filter((near) => near.decision === (breakpoint === null ? decision : `${decision} ${breakpoint}`)) as NearRule[];

const customText = ({ name, value, error }: { name: string; value?: boolean; error?: string }): string => `  rule ${name}: ${error ?? String(value)}`;

const checkLines = (check: CheckEvidence): string[] => [
  `  check ${check.name}: ${[check.outcome, `exit code ${check.exitCode ?? '–'}`, `${check.durationMs} ms`, countsText(check)].filter(Boolean).join(', ')}`,
  ...namedTests(check).map((line) => `    ${line}`),
];

function decisionText(row: Explained, io: Io): string {
  const colors = colorsFor(io);
  const { evidence = [], weakenings = [] } = row.facts as { evidence?: CheckEvidence[]; weakenings?: Weakening[] };
  return [
    `${colors.bold(`${row.milestone}/${row.task}.${row.turn}`)}  ${row.decision}  by rule ${row.rule}  at ${row.at}`,
    ...row.reason.split('\n').map((line) => `  ${line}`),
    ...evidence.flatMap(checkLines),
    ...weakenings.map(({ kind, text, accepted }) => `  ${kind}: ${text}${accepted === null ? '' : ` (accepted beforehand by the ${accepted === 'task' ? 'task' : 'plan'})`}`),
    `  quality ${score(row.scores.quality)}, confidence ${score(row.scores.confidence)}`,
    ...(row.custom ?? []).map(customText),
    ...sameByOther(row).map((near) => colors.dim(nearText(near))),
    ...row.wouldChange.map((line) => colors.dim(`  would change it: ${String(line)}`)),
  ].join('\n');
}

/** In the order in which it happened. */
function allText(rows: Explained[], restores: RestoreRow[], io: Io): string {
  const colors = colorsFor(io);
  const restored = restores.map((row) => ({ at: row.at, text: colors.yellow(`${row.milestone}  ${restoredText(row)}`) }));
  const all = [...rows.map((row) => ({ at: row.at, text: decisionText(row, io) })), ...restored];
  return all.sort((a, b) => a.at.localeCompare(b.at)).map(({ text }) => text).join('\n\n');
}

async function decisions({ session, io, args: [name = ''], print }: Call): Promise<void> {
  const target = await existingTarget(session.db, name);
  const rows = (await decisionRows(session.db, target)).map(explained);
  const [first] = rows;
  const restores = first ? await restoreRows(session.db, target, first.at) : [];
  await print({ decisions: rows, restores }, () => (first ? allText(rows, restores, io) : `nothing decided about ${name} yet`));
}

export function addDecisions(program: Command, frame: Frame): void {
  const command = program.command('decisions').description('what was decided, by which rule, and what would have changed it')
    .argument('<target>', 'project[/milestone[/task[.turn]]]');
  define(frame, command, decisions);
}
