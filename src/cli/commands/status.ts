/** `holdpoint status [PROJECT]`: milestones, tasks, attempts, cost, what waits for whom. */
import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus, type StatusDocument } from '../../db/status.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { CLOSED_STATES } from '../../domain/states.ts';
import { define, type Call, type Frame } from '../command.ts';
import { EXIT } from '../exit.ts';
import { write } from '../io.ts';
import { statusText } from '../status-text.ts';

interface Options {
  watch?: boolean;
}

const EVERY_MS = 500;
/** Cursor home, clear to the end: redrawing without flicker. */
const REDRAW = '\x1b[H\x1b[J';

async function read({ session, args: [project] }: Call<Options>): Promise<StatusDocument> {
  const document = await readStatus(session.db, project);
  if (project === undefined || document.projects.length > 0) return document;
  throw new HoldpointError('unknown_project', `there is no project ${project}`, { hint: 'start one with `holdpoint start PLAN`' });
}

/** Prints each state that differs from the one before, until nothing runs any more or Ctrl-C. */
async function watch(call: Call<Options>): Promise<number> {
  const { io, json } = call;
  let shown = '';
  for (;;) {
    const document = await read(call);
    const text = json ? `${JSON.stringify(document)}\n` : `${statusText(document, io)}\n`;
    const isRead = text === shown || (await write(io.stdout, !json && io.stdout.isTTY ? REDRAW + text : text));
    if (!isRead) return EXIT.done;
    shown = text;
    if (document.projects.every(({ state }) => CLOSED_STATES.includes(state))) return EXIT.done;
    await sleep(EVERY_MS, undefined, { signal: io.signal });
  }
}

async function status(call: Call<Options>): Promise<number | void> {
  if (call.options.watch) return watch(call);
  const document = await read(call);
  await call.print(document, () => statusText(document, call.io));
}

export function addStatus(program: Command, frame: Frame): void {
  const command = program.command('status').description('milestones, tasks, attempts, cost, and what waits for whom').argument('[project]');
  define<Options>(frame, command.option('--watch', 'keep showing it until nothing runs any more'), status);
}
