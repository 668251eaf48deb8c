/** `holdpoint pause | resume | cancel TARGET`. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { eventsOf } from '../../db/events.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import { cancel, pause, resume, type WorkTarget } from '../../temporal/client.ts';
import { define, type Call, type Frame } from '../command.ts';
import { targetOf } from '../targets.ts';

function workTarget(text: string): WorkTarget {
  const { project, milestone, task } = targetOf(text);
  if (task === undefined) return { project, ...(milestone !== undefined && { milestone }) };
  throw new HoldpointError('bad_input', `${text} names a task; a project or a milestone can be paused, resumed and cancelled`, {
    hint: `write ${project}/${milestone ?? ''}`,
  });
}

async function pauseOrResume(call: Call, act: typeof pause, said: string): Promise<void> {
  const [name = ''] = call.args;
  await act(await call.session.temporal(), workTarget(name), userInfo().username);
  await call.print({ target: name, accepted: true }, () => `${name} ${said}`);
}

/** What was ended or could not be, and what was kept. */
const DONE_BY_CANCEL = new Set(['run_cancelled', 'run_stopped', 'run_left', 'cut_off']);

async function cancelTarget({ session, io, args, print, say }: Call): Promise<void> {
  const [name = ''] = args;
  const target = workTarget(name);
  const asked = new Date().toISOString();
  const temporal = await session.temporal();
  await say(`cancelling ${name}: the agent is stopped, then everything it started`);
  const closed = await cancel(temporal, target, io.signal);
  const notes = (await eventsOf(session.db, target)).filter(({ kind, at }) => DONE_BY_CANCEL.has(kind) && at >= asked);
  const messages = notes.map(({ message }) => message);
  await print({ target: name, accepted: true, closed: closed.toLowerCase(), messages }, () => [`${name}: ${closed.toLowerCase()}`, ...messages].join('\n'));
}

export function addControl(program: Command, frame: Frame): void {
  const command = (name: string, description: string): Command =>
    program.command(name).description(description).argument('<target>', 'project or project/milestone');
  define(frame, command('pause', 'stop before the next step; what runs goes on to its end'), (call) => pauseOrResume(call, pause, 'pauses before its next step'));
  define(frame, command('resume', 'go on after a pause'), (call) => pauseOrResume(call, resume, 'goes on'));
  define(frame, command('cancel', 'stop for good: the agent and everything it started'), cancelTarget, { endsItself: true });
}
