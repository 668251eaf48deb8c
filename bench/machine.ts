/** The machine and how busy others keep it: a ratio taken on a loaded machine says less, so each row carries this. */
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Machine {
  cores: number;
  model: string;
  /** One-minute load average just before the benchmark began; what ran before it counts. */
  load: number;
  /** Cores in use just before it began, while our own servers were idle: the work of others. */
  busyCores: number;
}

const LOOK_MS = 2_000;

function cpuTimes(): { busy: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

/** Looks for `lookMs`. */
export async function lookAtMachine(lookMs = LOOK_MS): Promise<Machine> {
  const before = cpuTimes();
  await sleep(lookMs);
  const after = cpuTimes();
  const cores = cpus().length;
  const busy = ((after.busy - before.busy) / Math.max(1, after.all - before.all)) * cores;
  return { cores, model: cpus()[0]?.model.trim() ?? '', load: Number((loadavg()[0] ?? 0).toFixed(2)), busyCores: Number(busy.toFixed(2)) };
}
