/** A run that has written all its lines is followed from its start: read over SSH, cut, folded, redacted, stored with the offset. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { followRun } from '../../src/activities/follow-run.ts';
import { createStreamStore } from '../../src/activities/stream-store.ts';
import { createFold } from '../../src/agents/claude-code/fold.ts';
import type { OpenDb } from '../../src/db/client.ts';
import { claimLease } from '../../src/db/leases.ts';
import { savePlan } from '../../src/db/plans.ts';
import { insertRun } from '../../src/db/runs.ts';
import { insertTurn } from '../../src/db/turns.ts';
import type { RunSpec } from '../../src/domain/host-api.ts';
import { runKey } from '../../src/domain/ids.ts';
import { parsePlan } from '../../src/domain/plan-schema.ts';
import { createRedactor } from '../../src/domain/redaction.ts';
import type { Hosts } from '../../src/ssh/hosts.ts';

export interface OurParts {
  dir: string;
  db: OpenDb['db'];
  hosts: Hosts;
  host: string;
  /** Holds the lines. */
  file: string;
  lines: number;
}

/** As many as a worker with a few credentials has. */
const SECRETS = ['bench-secret-1-0123456789abcdef', 'bench-secret-2-fedcba9876543210'];
const DEADLINE_MS = 120_000;

async function begin({ db, host }: OurParts, project: string, workspace: string): Promise<{ key: string; fence: number }> {
  const text = JSON.stringify({
    project, workspace: { host, path: workspace }, milestones: [{ id: 'm', title: 'Stream', tasks: [{ id: 't', title: 'Stream', instructions: 'write' }] }],
  });
  const parsed = parsePlan({ file: 'holdpoint.yaml', text, readFile: () => null });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  await savePlan(db, { project, sha256: parsed.sha256, plan: parsed.plan, source: text });
  const { epoch } = await claimLease(db, { host, workspace, project, milestone: 'm', holder: project });
  const run = { project, milestone: 'm', epoch, task: 't', turn: 1, install: 'bench', seq: 1 };
  await insertTurn(db, { ...run, prompt: '', sessionId: project, resume: false, note: null, treeBefore: '' });
  await insertRun(db, { ...run, host, spec: {} });
  return { key: runKey(run), fence: epoch };
}

const specOf = (file: string, cwd: string): RunSpec => ({
  command: 'cat', args: [file], cwd, env: {}, inherit: ['PATH'], stdin: '', files: [], gate: null,
  limits: { wallMs: DEADLINE_MS, outBytes: 2 ** 30, graceMs: 0 },
});

/** One round: lines a second, from the first read to the last commit. */
export async function ourRound(parts: OurParts, project: string): Promise<number[]> {
  const workspace = join(parts.dir, 'workspaces', project);
  mkdirSync(workspace, { recursive: true });
  const { key, fence } = await begin(parts, project, workspace);
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const target = { hosts: parts.hosts, host: parts.host, patienceMs: 0, signal };
  const { api } = await parts.hosts.link(parts.host);
  await api.startRun({ key, spec: specOf(parts.file, workspace), secrets: {}, workspace, holder: project, fence });
  for (let state = 'new'; state !== 'exited';) {
    ({ state: { kind: state } } = await api.readRun({ key, stream: 'out', offset: Number.MAX_SAFE_INTEGER, maxBytes: 1, waitMs: 10_000 }));
  }
  const store = createStreamStore({ db: parts.db }, { runKey: key, offset: 0, fold: createFold(), redactor: createRedactor(SECRETS), signal });
  const from = performance.now();
  await followRun(target, key, store);
  const seconds = (performance.now() - from) / 1000;
  const { count } = await parts.db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id')
    .select(({ fn }) => fn.countAll<number>().as('count')).where('run_key', '=', key).executeTakeFirstOrThrow();
  if (Number(count) !== parts.lines) throw new Error(`${count} rows of ${parts.lines} lines`);
  return [parts.lines / seconds];
}
