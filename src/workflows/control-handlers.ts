/** The handlers of `pause`, `resume` and their update twins, and the log line for names nobody knows. */
import { log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { refusal } from './answer-handlers.ts';
import { pauseSignal, pauseUpdate, resumeSignal, resumeUpdate, type Control } from './messages.ts';

export interface ControlEffects {
  /** Must not throw; may be called twice with the same value. */
  setPaused(paused: boolean, by: string | null): void;
}

type Read = { by: string | null } | { problem: string };

/** Payloads may come from the Web UI: none at all is fine, a wrong one is not. */
export function readControl(payload: unknown): Read {
  if (payload === undefined || payload === null) return { by: null };
  if (typeof payload !== 'object' || Array.isArray(payload)) return { problem: 'the payload is not an object' };
  const by = (payload as { by?: unknown }).by ?? null;
  if (by !== null && (typeof by !== 'string' || by.length > 200)) return { problem: '"by" is not a name' };
  return { by };
}

function demandControl(payload: unknown): string | null {
  const read = readControl(payload);
  if ('problem' in read) throw refusal({ kind: 'refused', failure: 'bad_input', message: read.problem });
  return read.by;
}

function onSignal(effects: ControlEffects, paused: boolean, payload: unknown): void {
  const read = readControl(payload);
  if ('problem' in read) log.warn(`${paused ? 'pause' : 'resume'} ignored`, { why: read.problem });
  else effects.setPaused(paused, read.by);
}

function handle(effects: ControlEffects, paused: boolean, description: string): void {
  const signal = paused ? pauseSignal : resumeSignal;
  const update = paused ? pauseUpdate : resumeUpdate;
  const accept = (payload?: Control) => {
    effects.setPaused(paused, demandControl(payload));
    return { accepted: true as const };
  };
  setHandler(signal, (payload?: Control) => onSignal(effects, paused, payload), { description });
  setHandler(update, accept, { validator: (payload?: Control) => void demandControl(payload), description });
}

export function handleControl(effects: ControlEffects): void {
  const payload = '{"by": "your name"} or nothing';
  handle(effects, true, `Stop before the next step; what runs goes on to its end: ${payload}`);
  handle(effects, false, `Go on after a pause: ${payload}`);
  // Without it a mistyped name would be buffered for ever, silently.
  setDefaultSignalHandler((name) => log.warn('unknown signal ignored', { name }));
}
