/** A turn of the agent as an activity: how it ends, and that it is the same process whoever follows it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createScripted } from '../../src/agents/scripted.ts';
import { outOffset, runLines } from '../../src/db/agent-events.ts';
import { diffRows } from '../../src/db/diff.ts';
import type { Agent } from '../../src/domain/agent.ts';
import { isRunning } from '../host/support/processes.ts';
import { eventually } from '../support/eventually.ts';
import { parentOf, pidsWith } from '../support/marked-processes.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const claimed = async (name: string, options: ProjectOptions): Promise<Play> => (await bench.project(name, options)).claim();

/** Every process that carries the run's marker. */
const pidsOf = (key: string): number[] => pidsWith(`HOLDPOINT_RUN=${key}`);

/** An agent that is a line of shell. */
function agentOf(name: string, line: string): void {
  const scripted = createScripted({ command: process.execPath });
  const launch: Agent['launch'] = (turn) => {
    const { spec, secrets } = scripted.launch(turn);
    return { spec: { ...spec, command: '/bin/sh', args: ['-c', line] }, secrets };
  };
  bench.agents.set(name, { ...scripted, name, launch });
}

test('completed: outcome, cost, calls and the process are in rows', async () => {
  const play = await claimed('completed', { steps: [{ write: 'a.txt', content: 'a' }, { cost: 0.5 }, { say: 'All done.' }] });
  await play.begin();
  expect(await play.run()).toEqual({ outcome: 'completed', message: 'All done.', until: null, costUsd: 0.5, toolCalls: 1 });
  expect(await play.runRow()).toMatchObject({ state: 'exited', exit: { code: 0, reason: 'exited' }, costUsd: 0.5, pid: expect.any(Number) });
  expect(await play.row()).toMatchObject({ outcome: { kind: 'completed', text: 'All done.' }, costUsd: 0.5, toolCalls: 1 });
  expect(existsSync(join(play.workspace, 'a.txt'))).toBe(true);
});

test('run again after its end, it tells the same and starts nothing', async () => {
  const play = await claimed('again', { steps: [{ append: 'log', content: 'once ' }, { cost: 1 }] });
  await play.begin();
  const first = await play.run();
  const { pid } = await play.runRow();
  expect(await play.run()).toEqual(first);
  expect(await play.runRow()).toMatchObject({ pid, costUsd: 1 });
  expect((await play.end()).changedFiles).toBe(1);
  const { changes } = await diffRows(bench.deps.db, { project: 'again' });
  expect(changes).toMatchObject([{ path: 'log', sizeAfter: 5 }]);
});

test.each([
  ['limited', { kind: 'limited', until: '2030-01-01T00:00:00.000Z', message: 'usage limit' }, { until: '2030-01-01T00:00:00.000Z', message: 'usage limit' }],
  ['maxTurns', { kind: 'maxTurns', turns: 9 }, { message: 'reached its limit of 9 turns' }],
  ['deferred', { kind: 'deferred', toolUseId: 't', tool: 'Bash', input: {} }, { message: 'waits for an answer about Bash' }],
  ['refused', { kind: 'refused', message: 'no' }, { message: 'no' }],
] as const)('%s is handed on with what people need', async (name, end, wanted) => {
  const play = await claimed(`ends-${name.toLowerCase()}`, { steps: [{ end }] });
  await play.begin();
  expect(await play.run()).toMatchObject({ outcome: name, ...wanted });
});

test('an agent that fails without a word is told by what it wrote to standard error', async () => {
  agentOf('noisy', 'echo no such module >&2; exit 3');
  const noisy = await claimed('noisy', { change: (plan) => { plan.agent.name = 'noisy'; } });
  await noisy.begin();
  expect(await noisy.run()).toMatchObject({ outcome: 'failed', message: expect.stringMatching(/could not start: .*no such module/s) });
});

test('a run past its time is ended with all it started', async () => {
  const steps = [{ run: 'sleep 300 & sleep 301 & wait' }];
  const play = await claimed('wall', { steps, change: (plan) => { plan.agent.timeoutMs = 8_000; } });
  const key = await play.begin();
  const turn = play.start();
  await eventually(() => pidsOf(key).length > 2, { what: 'what it starts' });
  expect(await turn.result).toMatchObject({ outcome: 'failed', message: expect.stringContaining('longer than it may') });
  expect(await play.runRow()).toMatchObject({ exit: { reason: 'wall_limit' } });
  expect(pidsOf(key)).toEqual([]);
});

test('lost: the supervisor is killed, its agent is ended, and what that one said until then is stored', async () => {
  const play = await claimed('lost', { steps: [{ say: 'before' }, { lines: 500 }, { waitFor: 'never' }] });
  const key = await play.begin();
  const turn = play.start();
  const agent = await eventually(async () => (await play.runRow()).pid, { what: 'the agent' });
  await eventually(() => turn.heartbeats.some((beat) => (beat as { tool?: string } | null)?.tool === 'Read'), { what: 'the open call in the heartbeat' });
  process.kill(parentOf(agent), 'SIGKILL');
  expect(await turn.result).toMatchObject({ outcome: 'lost' });
  expect(pidsOf(key)).toEqual([]);
  expect(isRunning(agent)).toBe(false);
  expect(await play.runRow()).toMatchObject({ state: 'lost' });
  expect(await play.row()).toMatchObject({ outcome: { kind: 'lost' }, toolCalls: 1 });

  await play.begin(1, { seq: 2 });
  const { spec } = await play.runRow(1, 2);
  expect(spec).toMatchObject({ resume: true, prompt: expect.stringContaining('It was in the middle of this tool call') });
  expect((spec as { prompt: string }).prompt).not.toContain('A person says');
});

test('the last words of an orphan are stored too', async () => {
  agentOf('talker', "trap 'echo last words; exit' INT TERM; echo first; while :; do sleep 0.05; done");
  const play = await claimed('talker', { change: (plan) => { plan.agent.name = 'talker'; } });
  const key = await play.begin();
  const turn = play.start();
  const agent = await eventually(async () => (await play.runRow()).pid, { what: 'the agent' });
  await eventually(() => outOffset(bench.deps.db, key), { what: 'the first line' });
  process.kill(parentOf(agent), 'SIGKILL');
  expect(await turn.result).toMatchObject({ outcome: 'lost' });
  const lines: string[] = [];
  for await (const raw of runLines(bench.deps.db, key)) lines.push(raw.toString());
  expect(lines).toEqual(['first', 'last words']);
});

test('a final change names the call that made it, a command of the shell too', async () => {
  const steps = [
    { write: 'written', content: '1' }, { append: 'README.md', content: 'more' }, { run: 'echo x > by-bash' },
    { write: 'twice', content: '1' }, { append: 'twice', content: '2' }, { write: 'denied', content: '1' }, { run: `node -e "fs.writeFileSync('den' + 'ied', 'x')"` },
  ];
  const play = await claimed('causes', { steps, change: (plan) => { plan.policy.permissions.deny = ['Write(denied)']; } });
  await play.whole();
  const rows = await bench.deps.db.selectFrom('file_change').innerJoin('turn', 'turn.id', 'turn_id')
    .select(['path', 'tool', 'tool_use_id as id', 'by_kind']).where('project', '=', 'causes').where('final', '=', true).orderBy('path').execute();
  expect(rows).toEqual([
    { path: 'README.md', tool: 'Edit', id: 'scripted_1_1_2', by_kind: 'tool' },
    { path: 'by-bash', tool: 'Bash', id: 'scripted_1_1_3', by_kind: 'tool' },
    { path: 'denied', tool: 'Bash', id: 'scripted_1_1_7', by_kind: 'tool' },
    { path: 'twice', tool: 'Edit', id: 'scripted_1_1_5', by_kind: 'tool' },
    { path: 'written', tool: 'Write', id: 'scripted_1_1_1', by_kind: 'tool' },
  ]);
});
