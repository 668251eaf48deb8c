/** The list `notify` of the service's configuration: channels that carry notifications out, each with what it takes and when. */
import * as z from 'zod';
import { BREAKPOINT_KINDS, type BreakpointKind, type Priority } from './breakpoints.ts';
import { parseDuration } from './duration.ts';
import { NOTIFICATION_REASONS, type ChannelRule } from './notification.ts';
import type { CredentialSource } from './plan.ts';
import { duration, id, text } from './plan-schema/fields.ts';

/** Kept by the worker: in its environment or in a file of its machine. */
const secret = z.union([z.strictObject({ env: text(200) }), z.strictObject({ file: text(4096) })]);

const httpUrl = z.string().refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'must be an address such as https://hooks.example.com/T1');

const webhook = z.strictObject({
  url: z.union([httpUrl, secret]).describe('An address, or where it is kept when it is a secret: {env: NAME} or {file: PATH}'),
  secret: secret.optional().describe('Where the key of the signature is kept (Standard Webhooks: base64, with or without whsec_)'),
});

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 22:00, in quotes');

const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const priority = z.enum(['high', 'medium', 'low']);

const quiet = z.strictObject({
  from: clock, to: clock,
  zone: z.string().default('UTC').refine(isZone, 'must be a time zone such as Europe/Berlin'),
  except: z.union([priority, z.literal('none')]).default('high').describe('This priority and higher is sent all the same'),
}).refine(({ from, to }) => from !== to, 'from and to are the same: nothing would ever be sent');

const TRANSPORTS = ['webhook', 'command', 'desktop'] as const;

const channel = z.strictObject({
  name: id().describe('Stays the same as long as it is the same receiver: what waits to be sent is kept under it'),
  webhook: webhook.optional(),
  command: z.tuple([text(4096)], text(4096)).optional().describe('Program and arguments; it reads JSON from its standard input'),
  desktop: z.literal(true).optional(),
  on: z.array(z.enum(NOTIFICATION_REASONS)).min(1).default([...NOTIFICATION_REASONS]),
  kinds: z.array(z.enum(BREAKPOINT_KINDS as [BreakpointKind, ...BreakpointKind[]])).min(1).optional(),
  leastPriority: priority.default('low'),
  batch: duration(1000, 3_600_000).optional().describe('What comes up within this time goes out together; high priority goes at once'),
  quiet: quiet.optional(),
}).refine((given) => TRANSPORTS.filter((kind) => given[kind] !== undefined).length === 1, 'needs exactly one of webhook, command, desktop');

export type TransportSettings =
  | { kind: 'webhook'; url: string | CredentialSource; secret: CredentialSource | null }
  | { kind: 'command'; command: [string, ...string[]] }
  | { kind: 'desktop' };

export interface ChannelSettings extends ChannelRule {
  transport: TransportSettings;
}

const onWorker = (source: z.infer<typeof secret>): CredentialSource => ({ on: 'worker', ...source });

function transportOf(given: z.infer<typeof channel>): TransportSettings {
  if (given.webhook) {
    const { url, secret: key } = given.webhook;
    return { kind: 'webhook', url: typeof url === 'string' ? url : onWorker(url), secret: key ? onWorker(key) : null };
  }
  return given.command ? { kind: 'command', command: given.command } : { kind: 'desktop' };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function quietOf(given: z.infer<typeof quiet>): ChannelRule['quiet'] {
  const except: Priority | null = given.except === 'none' ? null : given.except;
  return { from: minutesOf(given.from), to: minutesOf(given.to), zone: given.zone, except };
}

const toSettings = (given: z.infer<typeof channel>): ChannelSettings => ({
  name: given.name, on: given.on, kinds: given.kinds ?? null, leastPriority: given.leastPriority,
  batchMs: given.batch === undefined ? 0 : parseDuration(given.batch) ?? 0,
  quiet: given.quiet ? quietOf(given.quiet) : null,
  transport: transportOf(given),
});

const haveOwnNames = (channels: { name: string }[]): boolean => new Set(channels.map(({ name }) => name)).size === channels.length;

const channels = z.array(channel).max(20).refine(haveOwnNames, 'two channels have the same name').transform((list) => list.map(toSettings));

function parsed(value: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON: the list of channels as the configuration file has it' });
    return z.NEVER;
  }
}

/** The list, or its text as JSON (an environment variable). */
export const notifyChannels = () => z.union([z.string().transform(parsed).pipe(channels), channels]).default([]);
