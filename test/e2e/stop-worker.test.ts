/** A worker that is told to end lets go of its turn: the agent works on, and the next worker goes on with the same process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument, StatusTurn } from '../../src/db/status.ts';
import { processStart } from '../../src/embedded/process-identity.ts';
import { allRows, canariesIn, filesHolding } from '../support/canary.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { startScriptedService, writePlan } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService({ env: { TEST_API_KEY: KEY } });
}, 300_000);
afterAll(() => service.close());

const KEY = 'wk_9931-kanarie.PLANTED/64ce+05aa.b';
/** Prints the key of the worker, which it finds in a file, in every way the redaction knows. */
const LEAK = `K=$(cat key.txt); echo "the key is $K"; echo "halves: $(echo $K | cut -c1-18)"; echo "$K" | cut -c19-; printf %s "$K" | base64 -w0; echo
printf %s "x$K" | base64 -w0 | tr '+/' '-_'; echo; printf %s "xx$K" | base64 -w20; printf %s "$K" | sed 's|/|%2F|g;s|+|%2B|g'; echo; printf %s "$K" | od -An -tx1 -v | tr -d ' \\n'; echo
echo "$K" >&2; mkdir -p src; touch "src/$(echo $K | tr / _)"; exit 0
`;
const task = { id: 'work', title: 'Work', steps: [{ write: 'src/a.js', content: 'a' }, { waitFor: 'go' }, { run: 'sh leak.sh' }, { run: 'sh leak.sh | head -c 25' }, { say: 'said all' }] };

/** Every history of the namespace as JSON, payloads decoded. */
async function histories({ temporal }: Service): Promise<string> {
  const told: string[] = [];
  for await (const { workflowId, runId } of temporal.client.workflow.list()) {
    const history = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
    told.push(JSON.stringify(history, (_, value: unknown) => (typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' ? Buffer.from((value as { data?: number[] }).data ?? []).toString('latin1') : value)));
  }
  return told.join('\n');
}

async function firstRun(project: string): Promise<StatusTurn['runs'][number] | undefined> {
  const { projects } = await service.json<StatusDocument>('status', project);
  return projects[0]?.milestones[0]?.tasks[0]?.turns[0]?.runs[0];
}

test('SIGTERM detaches, another worker attaches, and a key that the agent prints is stored nowhere', async () => {
  const plan = writePlan(service, { project: 'handed-on', milestones: [{ id: 'all', title: 'All', tasks: [task] }], asks: false, auth: { apiKey: { env: 'TEST_API_KEY' } }, allow: ['Bash(sh leak.sh*)', 'Bash(head *)'] });
  service.folder('handed-on/workspace', { 'key.txt': `${KEY}\n`, 'leak.sh': LEAK });
  await service.json('start', plan);
  const waits = async (): Promise<boolean> => (await service.cli('logs', 'handed-on')).stdout.includes('toolUse Read');
  await eventually(waits, { timeoutMs: 120_000, everyMs: 200, what: 'the agent to wait' });
  const run = await firstRun('handed-on');
  const start = processStart(run?.pid ?? 0);
  expect(start).toBeDefined();

  await service.worker.stop();
  expect(processStart(run?.pid ?? 0)).toBe(start);
  await service.startWorker();
  writeFileSync(join(service.dir, 'handed-on/workspace/go'), '');
  const ended = async (): Promise<boolean> => (await service.json<StatusDocument>('status', 'handed-on')).projects[0]?.state === 'completed';
  await eventually(ended, { timeoutMs: 120_000, everyMs: 300, what: 'the end of the project' });
  expect(await firstRun('handed-on')).toMatchObject({ key: run?.key, pid: run?.pid });

  const { stdout } = await service.cli('logs', 'handed-on', '--json');
  expect(stdout).toContain('the key is [redacted]');
  const commands = [['status', 'handed-on'], ['decisions', 'handed-on'], ['inbox'], ['checkpoints', 'handed-on'], ['logs', 'handed-on'], ['diff', 'handed-on', '--stat']];
  const told = await Promise.all(commands.flatMap((args) => [service.cli(...args), service.cli(...args, '--json')]));
  const rows = await allRows(service.db);
  const past = await histories(service);
  expect([rows, past].map((text) => text.includes('handed-on'))).toEqual([true, true]);
  const seen = { rows, past, cli: told.map((one) => one.stdout + one.stderr).join('\n') + stdout, log: service.worker.log() };
  expect(Object.entries(seen).map(([where, text]) => [where, canariesIn(text, KEY)])).toEqual(Object.keys(seen).map((where) => [where, []]));
  // On disk only where it was planted, in the snapshots of that place, and in the raw stream of the run on its host.
  const files = filesHolding(service.dir, KEY).map((file) => file.replace(/runs\/[0-9a-f]+\//, 'runs/RUN/').replace(/shadow\/.*/, 'shadow'));
  expect([...new Set(files)].sort()).toEqual(['handed-on/workspace/key.txt', 'host-state/runs/RUN/out', 'host-state/shadow']);
}, 600_000);

test('a mistake in its configuration is a sentence and exit code 2', () => {
  const worker = join(import.meta.dirname, '../../src/worker.ts');
  const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', worker], { env: { ...service.env, HOLDPOINT_LOG_LEVEL: 'loud' }, encoding: 'utf8' });
  expect(status).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', msg: expect.stringContaining('HOLDPOINT_LOG_LEVEL: must be') });
});
