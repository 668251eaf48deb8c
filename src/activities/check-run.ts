/** One execution of a check. It is a run on the host (docs/decisions/0005), so a cut link or a killed worker re-attaches. */
import type { CheckRun } from '../domain/evidence.ts';
import type { RunExit, RunSpec } from '../domain/host-api.ts';
import { checkRunKey } from '../domain/ids.ts';
import type { CheckSpec } from '../domain/plan.ts';
import { MOST_REPORT_BYTES } from '../domain/reports/read-report.ts';
import { checkReport } from './check-report.ts';
import type { Deps } from './deps.ts';
import { readTail, tellStored, type EndedRun } from './follow-run.ts';
import { mustStop, type Beat } from './heartbeat.ts';
import { onHost, toTheEnd, type HostCall } from './on-host.ts';
import type { Planned } from './plans.ts';
import { fenceOf, hostOf } from './workspaces.ts';

/** `run`: the number of its last run, and how often it was measured anew since: a turn that went on is measured again at its end. */
export interface MeasuredTurn {
  task: string;
  turn: number;
  run: number;
}

export interface CheckCall {
  context: Planned;
  check: CheckSpec;
  ref: { project: string; milestone: string; epoch: number };
  /** Null: the baseline. */
  turn: MeasuredTurn | null;
  /** First execution or its repetition. */
  seq: number;
}

/** A run of a check, apart from the trees around it: several may share those. */
export type BareRun = Omit<CheckRun, 'tree' | 'treeAfter' | 'changed'>;

const TAIL_BYTES = 16 * 1024;
const WAIT_MS = 10_000;
const GRACE_MS = 2_000;
const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024;
/** A cancel must not wait for ever for a host that is away. */
const CANCEL_DEADLINE_MS = 60_000;
/** A check sees what the host user's login shell would; never the agent's credentials. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'];
/** Runs that may be lost (host rebooted) before the check itself counts as failed. */
const MAX_LOSSES = 3;

/** JSON that a program prints must not be torn apart by what it says beside. */
const speaksJson = ({ report }: CheckSpec): boolean => report?.path === null && ['jest', 'vitest'].includes(report.format);

const specOf = ({ context, check }: CheckCall): RunSpec => ({
  command: '/bin/sh',
  // One stream where possible, in the order things were said; the command itself is the user's, from the plan.
  args: ['-c', speaksJson(check) ? check.run : `exec 2>&1\n${check.run}`],
  cwd: context.place.path,
  env: { CI: 'true' },
  inherit: INHERITED,
  stdin: '',
  files: [],
  gate: null,
  limits: { wallMs: check.timeoutMs, outBytes: OUTPUT_LIMIT_BYTES, graceMs: GRACE_MS },
  ...(typeof check.report?.path === 'string' && { collect: { glob: check.report.path, maxBytes: MOST_REPORT_BYTES } }),
});

async function waitForEnd(target: HostCall, key: string): Promise<EndedRun> {
  for (;;) {
    // Beyond any size: only the end of the run answers before the time is up.
    const { state } = await onHost(target, (api) =>
      api.readRun({ key, stream: 'out', offset: Number.MAX_SAFE_INTEGER, maxBytes: 1, waitMs: WAIT_MS }));
    if (state.kind === 'exited' || state.kind === 'lost') return state;
  }
}

/** More than a check is repeated or lost. */
const RUN_STEP = 1_000;

/** `ref` may be a whole call: the key has its own turn. */
export const checkKey = (deps: Deps, { ref: { project, milestone, epoch }, turn, check, seq }: CheckCall): string =>
  checkRunKey({ install: deps.install, project, milestone, epoch, turn, check: check.name, seq: seq + RUN_STEP * ((turn?.run ?? 1) - 1) });

interface Executed {
  key: string;
  state: EndedRun;
  durationMs: number;
}

/** A lost check is run again under another key: repeating a check harms nothing. */
async function execute(deps: Deps, target: HostCall, call: CheckCall, beat: Beat): Promise<Executed> {
  for (let loss = 0; ; loss++) {
    const key = checkKey(deps, { ...call, seq: call.seq + 100 * loss });
    let asked: Promise<unknown> = Promise.resolve();
    try {
      const request = { key, spec: specOf(call), secrets: {}, ...fenceOf(call.context, call.ref) };
      await onHost(target, (api) => (asked = api.startRun(request)));
      const state = await waitForEnd(target, key);
      if (state.kind === 'lost') await onHost(target, (api) => api.cancelRun({ key, graceMs: GRACE_MS }));
      if (state.kind === 'exited' || loss === MAX_LOSSES) return { key, state, durationMs: durationOf(state) };
    } catch (error) {
      // Otherwise it only lets go: the check runs on, and the next attempt finds it.
      if (await mustStop(deps, beat, call.ref)) await abandon(target, key, asked);
      throw error;
    }
  }
}

/** A cancelled milestone leaves no check behind. A start that is still on its way to the host comes first. */
async function abandon(target: HostCall, key: string, asked: Promise<unknown>): Promise<void> {
  await asked.catch(() => undefined);
  await onHost(toTheEnd(target, CANCEL_DEADLINE_MS), (api) => api.cancelRun({ key, graceMs: GRACE_MS }));
}

/** Ends what is left of the check and its repetitions; nothing where none has begun. May be repeated. */
export async function endCheck(deps: Deps, call: Omit<CheckCall, 'seq'>, beat: Beat): Promise<void> {
  const target = hostOf(deps, call.context, beat.signal);
  for (const seq of [1, 2]) {
    for (let loss = 0; loss <= MAX_LOSSES; loss++) {
      const key = checkKey(deps, { ...call, seq: seq + 100 * loss });
      const { kind } = await onHost(target, (api) => api.runState({ key }));
      if (kind === 'none') break;
      if (kind !== 'exited') await onHost(target, (api) => api.cancelRun({ key, graceMs: GRACE_MS }));
    }
  }
}

const durationOf = (state: EndedRun): number =>
  state.kind === 'exited' ? Math.max(0, Date.parse(state.exit.at) - Date.parse(state.startedAt)) : 0;

function remarkOn(exit: RunExit | null): string {
  if (exit?.reason === 'exited') return '';
  const why = exit ? `was ended: ${exit.reason}${exit.message ? `, ${exit.message}` : ''}` : 'and its supervisor died each time it was run; did the host go down?';
  return `\n[holdpoint: the check ${why}]`;
}

/** What people read: where standard output is for machines, what was said beside it. */
async function tailOf(target: HostCall, key: string, check: CheckSpec): Promise<string> {
  const said = speaksJson(check) ? await readTail(target, key, 'err', TAIL_BYTES) : '';
  return said.trim() === '' ? readTail(target, key, 'out', TAIL_BYTES) : said;
}

/** Runs the check once, or finds its run of an earlier try. Throws only for faults: a failing check is a value. */
export async function runCheck(deps: Deps, call: CheckCall, beat: Beat): Promise<BareRun> {
  const target = hostOf(deps, call.context, beat.signal);
  const redactor = deps.redactor(call.context.plan.agent);
  const { key, state, durationMs } = await execute(deps, target, call, beat);
  const exit = state.kind === 'exited' ? state.exit : null;
  const [tail, report] = [await tailOf(target, key, call.check), exit?.reason === 'exited' ? await checkReport(target, key, call) : null];
  await tellStored(target, key);
  return {
    name: call.check.name,
    exitCode: exit?.reason === 'exited' ? (exit.code ?? null) : null,
    durationMs,
    timedOut: exit?.reason === 'wall_limit',
    tail: `${redactor.text(tail)}${remarkOn(exit)}`,
    ...(report && { report: redactor.json(report) as typeof report }),
  };
}
