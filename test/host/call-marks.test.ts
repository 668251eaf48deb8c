/** What a run's supervisor notes of the tool calls, and that noting can neither allow nor stop anything. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readMarks, type CallMark } from '../../src/domain/call-marks.ts';
import { CallMarks } from '../../src/host/gate/call-marks.ts';
import type { RunSpec } from '../../src/domain/host-api.ts';
import { eventually } from '../support/eventually.ts';
import { Bench, follow, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  host = await bench.program();
});
afterAll(() => bench.close());

const options = { exclude: [], maxFileBytes: 1_000_000 };

interface Running {
  post(path: string, body: string, token?: string): Promise<Response>;
  marks(): Promise<CallMark[]>;
}

async function begin(key: string, trees: RunSpec['trees']): Promise<Running> {
  const policy = { workspace: bench.workspace, allow: ['Edit(**)', 'Write(**)'], ask: [], deny: ['Edit(secret/**)'] };
  const spec = { gate: policy, ...(trees && { trees }), files: [{ path: 'gate.json', content: '{"url":"{{GATE_URL}}","token":"{{GATE_TOKEN}}"}' }] };
  await host.call('startRun', bench.run(key, 'forever.mjs', [], spec));
  const gate = JSON.parse(readFileSync(join(bench.directoryOf(key), 'gate.json'), 'utf8')) as { url: string; token: string };
  return {
    post: (path, body, token = gate.token) => fetch(`${gate.url}${path}`, { method: 'POST', body, headers: { authorization: `Bearer ${token}` } }),
    marks: async () => {
      const { data } = await host.call('readRun', { key, stream: 'calls', offset: 0, maxBytes: 100_000, waitMs: 0 });
      return readMarks(Buffer.from(data, 'base64').toString());
    },
  };
}

const hook = (tool: string, id: string, path = 'a'): string => JSON.stringify({ tool_name: tool, tool_input: { file_path: path }, tool_use_id: id });
const put = (name: string, content: string): void => writeFileSync(join(bench.workspace, name), content);
const treeNow = async (): Promise<string> => (await host.call('takeCheckpoint', { ...bench.lease, ...options })).tree;
const decisionOf = async (answer: Promise<Response>): Promise<unknown> =>
  ((await (await answer).json()) as { hookSpecificOutput?: { permissionDecision: string } }).hookSpecificOutput?.permissionDecision;

/** What is noted of a run with one call that is allowed and one that is denied, and what is to be. */
async function oneCall(key: string): Promise<{ marks: CallMark[]; wanted: unknown[] }> {
  put('first', key);
  const before = await treeNow();
  const run = await begin(key, { workspace: bench.workspace, ...options });
  expect(await decisionOf(run.post('', hook('Edit', 'one')))).toBe('allow');
  put('second', key);
  const after = await treeNow();
  expect(await (await run.post('/ended', hook('Edit', 'one'))).json()).toEqual({});
  expect(await decisionOf(run.post('', hook('Edit', 'two', 'secret/a')))).toBe('deny');
  put('third', key);
  await host.call('cancelRun', { key, graceMs: 0 });
  const at = expect.stringMatching(/^\d{4}-.*Z$/);
  const wanted = [
    { at, phase: 'start', tree: before }, { at, phase: 'begin', tool: 'Edit', toolUseId: 'one', tree: before },
    { at, phase: 'end', tool: 'Edit', toolUseId: 'one', tree: after }, { at, phase: 'exit', tree: await treeNow() },
  ];
  await follow(host, key);
  return { marks: await run.marks(), wanted };
}

test('the beginning and the end of a call are noted with the files as they are then, a denied one is not, and the end of the run is', async () => {
  let runs = 0;
  // While the machine is busy a tree is not cheap, and a mark may have none.
  const { marks, wanted } = await eventually(async () => {
    const noted = await oneCall(`noted-${(runs += 1)}`);
    return noted.marks.every(({ tree }) => tree !== undefined) ? noted : null;
  }, { timeoutMs: 90_000, what: 'a run whose every mark has a tree' });
  expect(marks).toEqual(wanted);
});

test('whatever is said of an end is answered with nothing, and without the token nothing is noted', async () => {
  const run = await begin('ended', { workspace: bench.workspace, ...options });
  const bodies = ['', '{', 'null', '{"tool":"Edit"}', hook('Bash', 'never-begun'), hook('Edit', 'x', 'secret/a'), JSON.stringify({ decision: 'allow' })];
  for (const body of bodies) expect(await (await run.post('/ended', body)).text()).toBe('{}');
  expect((await run.post('/ended', hook('Edit', 'forged'), 'wrong')).status).toBe(401);
  expect((await run.marks()).map(({ toolUseId }) => toolUseId).filter(Boolean)).toEqual(['never-begun', 'x']);
});

test('files that cannot be noted hold up nothing: the call is allowed, and its times are there', async () => {
  const gone = join(bench.dir, 'gone');
  mkdirSync(gone);
  const run = await begin('treeless', { workspace: gone, ...options });
  rmSync(gone, { recursive: true });
  expect(await decisionOf(run.post('', hook('Write', 'one')))).toBe('allow');
  await run.post('/ended', hook('Write', 'one'));
  expect((await run.marks()).slice(-2)).toEqual([expect.objectContaining({ phase: 'begin', toolUseId: 'one' }), expect.objectContaining({ phase: 'end', toolUseId: 'one' })]);
  expect((await run.marks()).at(-1)).not.toHaveProperty('tree');
});

test('a run that is to note nothing has no such stream', async () => {
  const run = await begin('plain', undefined);
  expect(await decisionOf(run.post('', hook('Edit', 'one')))).toBe('allow');
  expect(await run.marks()).toEqual([]);
});

/** The notes are written to the working directory. */
async function inFolder<T>(work: () => Promise<T>): Promise<T> {
  const [before, dir] = [process.cwd(), mkdtempSync(join(tmpdir(), 'holdpoint-marks-'))];
  process.chdir(dir);
  try {
    return await work();
  } finally {
    process.chdir(before);
    rmSync(dir, { recursive: true });
  }
}

/** Marks one after the other, each with a tree that takes `costMs` of the processor: which of them have one. */
async function treesOf(count: number, costMs: number, spareMs?: number): Promise<boolean[]> {
  return inFolder(async () => {
    const marks = new CallMarks(() => {
      for (const before = process.cpuUsage(); process.cpuUsage(before).user < costMs * 1000; );
      return Promise.resolve('tree');
    }, spareMs);
    for (let n = 0; n < count; n += 1) await marks.mark('begin');
    await marks.close();
    return readMarks(readFileSync('calls', 'utf8')).map(({ tree }) => tree !== undefined);
  });
}

test('trees that are not cheap are paid for with time to spare, and there are none when it is used up', async () => {
  expect(await treesOf(4, 150)).toEqual([true, true, true, true]);
  expect(await treesOf(4, 500, 100)).toEqual([true, true, false, false]); // the first one is free
});

test('of many calls at once, none waits for the trees of all', () =>
  inFolder(async () => {
    const first = Promise.withResolvers<string>();
    let taken = 0;
    const marks = new CallMarks(() => ((taken += 1) === 1 ? first.promise : Promise.resolve(`tree-${taken}`)));
    const noted = [marks.mark('start')];
    await Promise.resolve(); // the first one is at work when the others come
    for (const id of ['a', 'b', 'c', 'd']) noted.push(marks.mark('begin', { tool: 'Bash', input: {}, toolUseId: id, agentId: null }));
    first.resolve('tree-1');
    await Promise.all(noted);
    await marks.close();
    expect(readMarks(readFileSync('calls', 'utf8')).map(({ toolUseId, tree }) => [toolUseId, tree])).toEqual([
      [undefined, 'tree-1'], ['a', undefined], ['b', undefined], ['c', undefined], ['d', 'tree-2'],
    ]);
  }));
