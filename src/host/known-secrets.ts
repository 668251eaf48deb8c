/**
 * Secrets that are kept on this host: named by the caller, read here, taken out of everything this program answers. Their bytes
 * become `*`, so offsets and sizes stay what they were. A value that was seen once is hidden also after it was changed.
 */
import type { HostMethod, RunChunk, SecretSource, SessionPart } from '../domain/host-api.ts';
import { createByteMask, type ByteMask } from '../domain/redact/byte-mask.ts';
import { HostError } from './host-error.ts';
import type { Handlers } from './rpc.ts';
import { hostSecret, type Environment } from './run/secrets.ts';

export class KnownSecrets {
  readonly #env: Environment;
  readonly #values = new Set<string>();
  #mask: ByteMask | null = null;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Reads what the sources hold now. One that holds nothing hides nothing; whether a run can do without is told at its start. */
  async learn(sources: readonly SecretSource[]): Promise<void> {
    const before = this.#values.size;
    for (const source of sources) {
      const value = await hostSecret(source, this.#env).catch(() => undefined);
      if (value) this.#values.add(value);
    }
    if (this.#values.size > before) this.#mask = createByteMask([...this.#values]);
  }

  /** Null while nothing is known. */
  get mask(): ByteMask | null {
    return this.#mask;
  }

  /** A copy of the answer with every string in it cleaned. */
  clean(answer: unknown): unknown {
    const mask = this.#mask;
    return mask === null ? answer : mapStrings(answer, (text) => mask.hide(Buffer.from(text)).toString());
  }
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}

const KINDS = new Set(['value', 'hostEnv', 'hostFile']);

const isSource = (value: unknown): value is SecretSource => typeof value === 'object' && value !== null && KINDS.has((value as { kind: string }).kind);

/** What a request names; of a start, its secrets. */
function sourcesIn(params: object): SecretSource[] {
  const { hide = [], secrets = {} } = params as { hide?: unknown; secrets?: unknown };
  if (!Array.isArray(hide) || !hide.every(isSource)) throw new HostError('bad_input', 'hide must be a list of secrets\' sources');
  const delivered = typeof secrets === 'object' && secrets !== null ? Object.values(secrets).filter(isSource) : [];
  // What the worker sent by value it knows, and hides in its own way.
  return [...hide, ...delivered].filter(({ kind }) => kind !== 'value');
}

type Method = (params: object, signal: AbortSignal) => Promise<object>;

/** Their bytes are hidden where they are read. */
const HOLDS_STREAM = new Set<HostMethod>(['readRun', 'readSession']);

/** The same handlers, whose answers are clean. */
export function withoutSecrets(known: KnownSecrets, handlers: Handlers): Handlers {
  const wrap = (method: HostMethod): Method => async (params, signal) => {
    await known.learn(sourcesIn(params));
    const answer = await (handlers[method] as Method)(params, signal);
    const clean = known.clean(answer) as object;
    return HOLDS_STREAM.has(method) ? { ...clean, data: (answer as RunChunk | SessionPart).data } : clean;
  };
  return Object.fromEntries((Object.keys(handlers) as HostMethod[]).map((method) => [method, wrap(method)])) as unknown as Handlers;
}
