/** Rows for people. */
import Table from 'cli-table3';
import type { Row } from '../row.ts';
import type { Interval } from '../stats.ts';

const HOLDS = new Map<boolean | null, string>([[true, 'holds'], [false, 'DOES NOT HOLD'], [null, 'no verdict']]);

const number = (value: number | null): string => (value === null ? '–' : String(value));
const interval = (ci: Interval | null): string => (ci === null ? '' : ` [${ci[0]}, ${ci[1]}]`);

export interface Cells {
  what: string;
  condition: string;
  ours: string;
  anchor: string;
  ratio: string;
  verdict: string;
}

/** The cells of a row, for the terminal and for the document. */
export function cellsOf(row: Row): Cells {
  const { ours, anchor, unit } = row;
  return {
    what: `${row.id} ${row.what}`,
    condition: `${row.metric} ${row.op === '<=' ? '≤' : row.op === '>=' ? '≥' : '='} ${row.target}`,
    ours: `${number(ours.p50)} / ${number(ours.p99)} ${unit} (${ours.n})`,
    anchor: `${number(anchor.p50)} / ${number(anchor.p99)} ${unit} (${anchor.n})`,
    ratio: `${number(row.ratio)}${interval(row.ratioCi)}`,
    verdict: row.judged === 'ratio' ? verdictOf(row) : `${verdictOf(row)}${interval(row.judgedCi)}`,
  };
}

const verdictOf = ({ holds, reason }: Row): string => `${HOLDS.get(holds)}${reason ? `: ${reason}` : ''}`;

export const HEADINGS: Cells = {
  what: 'what', condition: 'condition', ours: 'ours p50 / p99 (n)', anchor: 'anchor p50 / p99 (n)', ratio: 'ratio of pairs [95 %]', verdict: 'verdict',
};

/** Of the machine on which the rows were taken. */
export function machineLine({ machine }: Row): string {
  return `${machine.cores} × ${machine.model}; before: load ${machine.load}, ${machine.busyCores} cores busy with other work`;
}

export function tableOf(rows: readonly Row[]): string {
  const table = new Table({ head: Object.values(HEADINGS) as string[], style: { head: [], border: [] }, wordWrap: true, colWidths: [30, 20, 22, 22, 20, 22] });
  for (const row of rows) table.push(Object.values(cellsOf(row)) as string[]);
  const machines = [...new Set(rows.map((row) => `${row.id}: ${machineLine(row)}`))];
  return [table.toString(), ...machines].join('\n');
}
