/** `diff -f`: rows as they are recorded, until the target has ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { diffRows } from '../db/diff.ts';
import { changesAfter, isLive, type ChangeCursor, type RecordedChange } from '../db/live-changes.ts';
import type { Db } from '../db/transaction.ts';
import type { Target } from '../domain/ids.ts';
import type { Call } from './command.ts';
import { changeCells } from './diff-text.ts';
import { colorsFor, write, type Io } from './io.ts';
import { isOver } from './target-over.ts';

const EVERY_MS = 200;

const isAdding = ({ op }: RecordedChange): boolean => op === 'add' || op === 'rename';

function lineOf(change: RecordedChange, io: Io): string {
  const colors = colorsFor(io);
  const [op = '', path = '', ...rest] = changeCells(change);
  const painted = change.op === 'delete' ? colors.red(op) : isAdding(change) ? colors.green(op) : colors.cyan(op);
  return `${colors.dim(`${change.at.slice(11, 19)} ${change.task}.${change.turn}`)} ${painted} ${path.replace(/\s+/g, ' ')}  ${rest.join(' ')}\n`;
}

/** People see what happens while a turn runs; documents tell what its end says of it as well. False: nobody reads any more. */
async function printPage({ json, io }: Call, changes: RecordedChange[]): Promise<boolean> {
  const lines = changes.flatMap((change) => (json ? [`${JSON.stringify(change)}\n`] : isLive(change) ? [lineOf(change, io)] : []));
  return lines.length === 0 || write(io.stdout, lines.join(''));
}

/** A turn's final rows are there when its second checkpoint is, some time after its agent has ended. */
async function isMeasured(db: Db, { turn, ...target }: Target): Promise<boolean> {
  return (turn !== undefined && (await diffRows(db, { ...target, turn })).to !== null) || isOver(db, target);
}

/** False: nobody reads any more. */
export async function followChanges(call: Call, target: Target, wanted: (change: RecordedChange) => boolean): Promise<boolean> {
  let cursor: ChangeCursor = {};
  for (let over = false; ;) {
    const page = await changesAfter(call.session.db, target, cursor);
    cursor = page.cursor;
    if (!(await printPage(call, page.changes.filter(wanted)))) return false;
    if (page.changes.length > 0) continue;
    if (over) return true;
    // One more look after the end: the last rows may have been stored in between.
    over = await isMeasured(call.session.db, target);
    if (!over) await sleep(EVERY_MS, undefined, { signal: call.io.signal });
  }
}
