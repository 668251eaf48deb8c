/** The fields of the configuration: what each is for, its default, and the environment variable that sets it. */
import * as z from 'zod';
import { notifyChannels } from './domain/notify-config.ts';
import { duration, text } from './domain/plan-schema/fields.ts';

export const DEFAULT_DATABASE_URL = 'postgres://holdpoint:holdpoint@127.0.0.1:5432/holdpoint';
export const DEFAULT_OLLAMA_HOST = 'http://127.0.0.1:11434';

const OLLAMA_PORT = '11434';

/** As Ollama itself reads it: scheme and port may be missing, and an address to listen on means this machine. */
function ollamaUrl(value: string, context: z.RefinementCtx): string {
  const full = /^https?:\/\//.test(value) ? value : `http://${value}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (!url?.hostname) {
    context.addIssue({ code: 'custom', message: 'must be an address such as 127.0.0.1:11434' });
    return z.NEVER;
  }
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  // A URL drops the port that its scheme implies: only one that was not written is Ollama's.
  if (url.port === '' && !/:\d+\/*$/.test(full) && url.protocol === 'http:') url.port = OLLAMA_PORT;
  return url.href.replace(/\/$/, '');
}

const url = (pattern: RegExp, example: string) =>
  z.string().refine((value) => pattern.test(value) && URL.canParse(value), `must be an address such as ${example}`);

const path = () => text(4096).nullable().default(null);

/** A list, or its text with commas. */
const list = () => z.union([z.array(text(200)), z.string().transform(splitAtCommas)]).default([]);

const splitAtCommas = (value: string): string[] => value.split(',').map((item) => item.trim()).filter(Boolean);

/** A whole number, or its text. */
const whole = (min: number, max: number) =>
  z.union([z.number(), z.string().regex(/^\d{1,9}$/, 'must be a whole number').transform(Number)], { error: 'must be a whole number' })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, `must be between ${min} and ${max}`);

const seatCount = z.number().int().min(1).max(1000);

/** A mapping of host to number, or its text. */
const hostSeats = () => z.union([z.record(text(200), seatCount), z.string().transform(toSeats)]).default({});

function toSeats(value: string, context: z.RefinementCtx): Record<string, number> {
  const pairs = splitAtCommas(value).map((item) => /^([^=\s]+)\s*=\s*(\d{1,4})$/.exec(item));
  const seats = Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', Number(pair?.[2])]));
  if (pairs.every(Boolean) && Object.values(seats).every((count) => seatCount.safeParse(count).success)) return seats;
  context.addIssue({ code: 'custom', message: 'must be HOST=NUMBER, separated by commas, such as build-vm=2,*=4; numbers from 1 to 1000' });
  return z.NEVER;
}

export const CONFIG_FIELDS = {
  databaseUrl: url(/^postgres(ql)?:\/\//, 'postgres://user@host:5432/database').default(DEFAULT_DATABASE_URL),
  ollamaHost: z.string().default(DEFAULT_OLLAMA_HOST).transform(ollamaUrl),
  /** Where the embedded servers and their data are. */
  dataDir: text(4096).default('.holdpoint'),
  /** Begins the name of this installation in run keys, for people; what tells it from others is of the database (db/installation.ts). */
  install: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits or "-"').default('main'),
  /** Of workflows; turns of agents go to the one named after it with `-agent`. */
  taskQueue: z.string().regex(/^[\w.-]{1,200}$/, 'must be 1 to 200 letters, digits, ".", "_" or "-"').default('holdpoint'),
  /** In place of ~/.ssh/config. */
  sshConfigFile: path(),
  sshAuthSock: path(),
  /** State folder of the host program, on the host; its own default when null. */
  hostStateDir: path(),
  hostBundle: path(),
  workflowBundle: path(),
  /** Turns that run at the same time in this worker. */
  agentSeats: whole(1, 1000).default(2),
  /** Agents at work at the same time on a host, over all workers: `build-vm=2,*=4`. Unlimited where neither names it. */
  hostSeats: hostSeats(),
  claudeCommand: text(4096).default('claude'),
  /** In place of the API's own address: a proxy, or the demo's scripted one. */
  claudeBaseUrl: url(/^https?:\/\//, 'https://api.example.com').nullable().default(null),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** host:port for Prometheus. */
  metricsAddress: z.string().regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port, such as 127.0.0.1:9464').nullable().default(null),
  /** Build of this worker, shown in Temporal. */
  buildId: text(200).nullable().default(null),
  /** A file that the worker creates as soon as it polls. */
  readyFile: path(),
  reviewer: text(200).optional(),
  reviewerModel: text(200).optional(),
  reviewerDeadline: duration().optional(),
  /** Channels that tell people of questions. */
  notify: notifyChannels(),
  /** Of Temporal's Web UI, for links: https://temporal.example.com */
  webUiUrl: url(/^https?:\/\//, 'https://temporal.example.com').nullable().default(null),
  /** Packages that register further agents and reviewers. */
  agents: list(),
  reviewers: list(),
};

const OWN_NAMES: Readonly<Record<string, string>> = {
  databaseUrl: 'DATABASE_URL', ollamaHost: 'OLLAMA_HOST', sshAuthSock: 'SSH_AUTH_SOCK',
};

/** `agentSeats` → `HOLDPOINT_AGENT_SEATS` */
export const variableOf = (field: string): string =>
  OWN_NAMES[field] ?? `HOLDPOINT_${field.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Variables of ours that are no field: the file's own name, the marker of a run, the guard of a child, tests, CI. */
export const isOthers = (name: string): boolean => /^HOLDPOINT_(CONFIG|RUN|STOP|CI|TEST_.*)$/.test(name);
