/** The end of a drill: the JSON document, and the same for people. */
import type { DrillReport } from '../drill/run-drill.ts';
import type { DrillDocument, DrillFault } from '../domain/documents/drill.ts';
import { colorsFor, type Io } from './io.ts';
import { table } from './table.ts';

export function drillDocument({ faults, leftBehind, seconds }: DrillReport, seed: number, host: string): DrillDocument {
  return { ok: leftBehind.length === 0 && faults.every(({ ok }) => ok), seed, host, seconds, faults, leftBehind };
}

const inSeconds = (ms: number | null): string | null => (ms === null ? null : `${(ms / 1000).toFixed(1)} s`);

const WIDEST = 70;
const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);

function rowOf({ fault, ok, seen, seenInMs, recoveredInMs, written, lost, duplicated, survivors, skipped }: DrillFault, io: Io): (string | number | null)[] {
  const { green, red, yellow } = colorsFor(io);
  if (skipped !== undefined) return [yellow('–'), fault, 'skipped', ...Array.from({ length: 6 }, () => null)];
  return [ok ? green('✓') : red('✗'), fault, cut(seen ?? 'nothing'), inSeconds(seenInMs), inSeconds(recoveredInMs), written, lost, duplicated, survivors.length];
}

export function drillText(document: DrillDocument, io: Io): string {
  const { bold, green, red } = colorsFor(io);
  const { ok, faults, leftBehind, seed, host, seconds } = document;
  const head = ['', 'fault', 'what was seen', 'seen in', 'recovered in', 'lines', 'lost', 'duplicated', 'processes left'];
  return [
    table(head, faults.map((fault) => rowOf(fault, io))), '',
    ...faults.flatMap(({ fault, reason, skipped }) => [
      ...(skipped === undefined ? [] : [`${bold(fault)} was skipped: ${skipped}`]), ...(reason === undefined ? [] : [red(`${fault}: ${reason}`)]),
    ]),
    ...leftBehind.map((line) => red(`left behind: ${line}`)),
    `${ok ? green('Everything is as promised') : red('Not everything is as promised')} (host ${host}, seed ${seed}, ${seconds.toFixed(1)} s)`,
  ].join('\n');
}
