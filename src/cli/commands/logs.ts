/** `holdpoint logs TARGET [-f]`: the agent's stream, stored and live. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { eventsAfter, type EventCursor, type LoggedEvent } from '../../db/stream-reader.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, write, type Io } from '../io.ts';
import { isOver } from '../target-over.ts';
import { existingTarget } from '../targets.ts';

interface Options {
  follow?: boolean;
}

const EVERY_MS = 200;
/** Bookkeeping of the agent's own program: kept, but not for people. */
const HIDDEN: LoggedEvent['kind'][] = ['other', 'progress'];

function eventText(event: LoggedEvent, io: Io): string {
  const colors = colorsFor(io);
  const place = colors.dim(`${event.at.slice(11, 19)} ${event.task}.${event.turn}`);
  const what = event.tool ? `${event.kind} ${event.tool}` : event.kind;
  return `${place} ${colors.cyan(what)} ${event.text.replace(/\n/g, '\n    ')}\n`;
}

/** False when nobody reads any more. */
async function printPage(call: Call<Options>, events: LoggedEvent[]): Promise<boolean> {
  const shown = call.json ? events : events.filter(({ kind }) => !HIDDEN.includes(kind));
  const lines = shown.map((event) => (call.json ? `${JSON.stringify(event)}\n` : eventText(event, call.io)));
  return lines.length === 0 || write(call.io.stdout, lines.join(''));
}

async function logs(call: Call<Options>): Promise<void> {
  const { session, io, args: [name = ''], options } = call;
  const target = await existingTarget(session.db, name);
  let cursor: EventCursor | null = null;
  for (let over = false; ;) {
    const page = await eventsAfter(session.db, target, cursor);
    if (!(await printPage(call, page.events))) return;
    cursor = page.cursor;
    if (page.events.length > 0) continue;
    if (!options.follow || over) return;
    // One more look after the end: the last lines may have been stored in between.
    over = await isOver(session.db, target);
    if (!over) await sleep(EVERY_MS, undefined, { signal: io.signal });
  }
}

export function addLogs(program: Command, frame: Frame): void {
  const command = program.command('logs').description("the agent's stream, stored and live").argument('<target>', 'project[/milestone[/task[.turn]]]')
    .option('-f, --follow', 'go on until the target ends');
  define<Options>(frame, command, logs);
}
