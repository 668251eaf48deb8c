/** `holdpoint notify [CHANNEL]`: sends a test message, so that nobody finds out at night that a channel is mute. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { readCredential } from '../../credential.ts';
import { didYouMean } from '../../domain/did-you-mean.ts';
import type { NotifyDocument } from '../../domain/documents/service.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import type { ChannelSettings } from '../../domain/notify-config.ts';
import { createChannels } from '../../notify/channels.ts';
import { define, type Call, type Frame } from '../command.ts';
import { EXIT } from '../exit.ts';

type Told = NotifyDocument['channels'][number];

const TEXT = 'This is a test of Holdpoint: questions that wait for a person will be told here.';

function chosen({ session, args: [name] }: Call): ChannelSettings[] {
  const all = session.config.notify;
  if (all.length === 0) throw new HoldpointError('bad_input', 'the configuration names no notification channel', { hint: 'add a list `notify` to it' });
  const found = name === undefined ? all : all.filter((channel) => channel.name === name);
  if (found.length > 0) return found;
  const names = all.map((channel) => channel.name);
  throw new HoldpointError('unknown_target', `there is no notification channel ${name}`, { hint: didYouMean(name ?? '', names) ?? `known: ${names.join(', ')}` });
}

async function tell(settings: ChannelSettings, { session, io }: Call): Promise<Told> {
  const { name, transport: { kind } } = settings;
  try {
    const resolve = (source: Parameters<typeof readCredential>[0]): string => readCredential(source, session.env, { of: 'configuration', where: 'command line' });
    const [channel] = createChannels([settings], { resolve, env: session.env });
    await channel?.transport.send({ id: `test-${randomUUID()}`, text: TEXT, notifications: [] }, io.signal);
    return { name, kind, sent: true, error: null };
  } catch (error) {
    return { name, kind, sent: false, error: error instanceof Error ? error.message : String(error) };
  }
}

const lineOf = ({ name, kind, sent, error }: Told): string => `${sent ? '✓' : '✗'}  ${name} (${kind})${error === null ? '' : `: ${error}`}`;

async function notify(call: Call): Promise<number> {
  const channels = await Promise.all(chosen(call).map((settings) => tell(settings, call)));
  const document: NotifyDocument = { channels };
  await call.print(document, () => channels.map(lineOf).join('\n'));
  return channels.every(({ sent }) => sent) ? EXIT.done : EXIT.failed;
}

export function addNotify(program: Command, frame: Frame): void {
  define(frame, program.command('notify').argument('[CHANNEL]', 'one of the configuration; all when absent').description('send a test message through the notification channels'), notify);
}
