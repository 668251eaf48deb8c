/**
 * What each change is tied to, on turns of the real Claude Code CLI: every way to write that an agent has, and what others write
 * meanwhile, against the truth that the test knows. Precision and recall are printed, and have a floor.
 */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createClaudeCode } from '../../src/agents/claude-code.ts';
import { changesOfTurn } from '../../src/db/diff.ts';
import { startScriptedMessages, type ScriptedMessages, type Step } from '../../src/demo/scripted-messages.ts';
import type { RunSpec } from '../../src/domain/host-api.ts';
import { cliPath } from '../agents/support/claude-cli.ts';
import { eventually } from '../support/eventually.ts';
import { openBench, type Bench } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
let api: ScriptedMessages;
beforeAll(async () => {
  [bench, api] = await Promise.all([openBench(), startScriptedMessages()]);
});
afterAll(async () => {
  await bench.close();
  await api.close();
});

const bash = (id: string, command: string): Step => ({ tool: 'Bash', id, input: { command, description: 'scripted' } });
const call = (name: string, id: string, input: Record<string, unknown>) => ({ name, id, input });
/** A word of the agent that somebody has time to write before. */
const GATE_FILE = 'go-on';

const FILES = { 'edited.txt': 'one\n', 'sedded.txt': 'one\n', 'removed.txt': 'to be removed\n', 'moved.txt': 'a\nb\nc\nd\n', 'twice.txt': '1\n', 'theirs.txt': '1\n', 'both.txt': '1\n' };

/** By path, the call that has made the change; null: somebody else. */
const TRUTH: Record<string, string | null> = {
  'written.txt': 'toolu_write', 'edited.txt': 'toolu_edit', 'sedded.txt': 'toolu_sed', 'redirected.txt': 'toolu_redirect', 'removed.txt': 'toolu_remove',
  'renamed.txt': 'toolu_remove', 'made/deep/er.txt': 'toolu_redirect', 'job.txt': 'toolu_job', 'parallel-1.txt': 'toolu_p1', 'parallel-2.txt': 'toolu_p2', 'parallel-3.txt': 'toolu_p3',
  'failed.txt': 'toolu_failed', 'twice.txt': 'toolu_second', 'late.txt': null, 'theirs.txt': null, 'theirs-new.txt': null, 'during-read.txt': null,
};

/** `goOn`: file that lets the job in the background go on. */
const STEPS = (workspace: string, released: string, goOn: string): Step[] => [
  { tool: 'Write', id: 'toolu_write', input: { file_path: join(workspace, 'written.txt'), content: 'new\n' } },
  { tool: 'Read', id: 'toolu_read', input: { file_path: join(workspace, 'edited.txt') } },
  { tool: 'Edit', id: 'toolu_edit', input: { file_path: join(workspace, 'edited.txt'), old_string: 'one', new_string: 'two' } },
  bash('toolu_sed', 'sed -i s/one/two/ sedded.txt; echo 2 > twice.txt'),
  bash('toolu_redirect', 'mkdir -p made/deep && echo x > made/deep/er.txt && echo y > redirected.txt'),
  bash('toolu_remove', 'rm removed.txt; mv moved.txt renamed.txt'),
  bash('toolu_job', '(sleep 0.3; echo job > job.txt) & wait'),
  { tools: [call('Bash', 'toolu_p1', { command: 'sleep 0.2; echo 1 > parallel-1.txt' }), call('Write', 'toolu_p2', { file_path: join(workspace, 'parallel-2.txt'), content: '2' }), call('Bash', 'toolu_p3', { command: 'echo 3 > parallel-3.txt' })] },
  bash('toolu_failed', 'echo half > failed.txt; exit 3'),
  bash('toolu_second', 'echo 3 > twice.txt'),
  bash('toolu_late', `(until test -e ${goOn}; do sleep 0.05; done; echo late > late.txt; echo > ${GATE_FILE}) > /dev/null 2>&1 & echo begun`),
  { ...bash('toolu_last', 'true'), waitFor: released },
  { text: 'Done.' },
];

interface Score {
  precision: number;
  recall: number;
  wrong: string[];
}

/** Of the changes that a call has made: how many of those tied to one are tied to it, and how many of it are tied at all. */
function scoreOf(found: Map<string, string | null>): Score {
  const paths = Object.keys(TRUTH);
  const right = paths.filter((path) => found.get(path) === TRUTH[path]);
  const tied = paths.filter((path) => typeof found.get(path) === 'string');
  const made = paths.filter((path) => typeof TRUTH[path] === 'string');
  const hits = made.filter((path) => found.get(path) === TRUTH[path]).length;
  return { precision: hits / tied.length, recall: hits / made.length, wrong: paths.filter((path) => !right.includes(path)).map((path) => `${path}: ${found.get(path)}`) };
}

/** Comparisons of trees that were under way at once: each is a process on the host, and a turn may have thousands of calls. */
async function mostAtOnce(work: () => Promise<unknown>): Promise<number> {
  const { api } = await bench.deps.hosts.link('local');
  const compare = api.diffTrees.bind(api);
  let [now, most] = [0, 0];
  const spy = jest.spyOn(api, 'diffTrees').mockImplementation(async (p) => {
    most = Math.max(most, (now += 1));
    return compare(p).finally(() => (now -= 1));
  });
  await work();
  spy.mockRestore();
  return most;
}

async function turnOf(name: string, change: (spec: RunSpec) => RunSpec): Promise<Map<string, string | null>> {
  const agent = createClaudeCode({ command: cliPath(), baseUrl: api.url, auth: { kind: 'apiKey', source: { on: 'worker', env: 'K' } }, resolve: () => 'no-key' });
  bench.agents.set(name, { ...agent, launch: (turn) => ({ ...agent.launch(turn), spec: change(agent.launch(turn).spec) }) });
  const play: Play = await (await bench.project(name, { files: FILES, change: ({ agent: settings, policy }) => void [Object.assign(settings, { name, maxTurns: 50 }), Object.assign(policy.permissions, { deny: [], destructive: 'allow' })] })).claim();
  const goOn = join(bench.dir, `${name}-go-on`);
  api.setScenario({ steps: STEPS(play.workspace, name, goOn) });
  await play.begin();
  const turn = play.start();
  // The model hears of a call when its end was told: what the job writes from now on is no part of it.
  await eventually(() => api.requests().some(({ last }) => last.includes('begun')), { what: 'the end of the call that leaves a job behind' });
  writeFileSync(goOn, '');
  // A person at work in the same folder, while the agent waits for the model.
  await eventually(() => existsSync(join(play.workspace, GATE_FILE)), { what: 'the background job' });
  appendFileSync(join(play.workspace, 'theirs.txt'), '2\n');
  writeFileSync(join(play.workspace, 'theirs-new.txt'), 'mine\n');
  writeFileSync(join(play.workspace, 'during-read.txt'), 'mine\n');
  api.release(name);
  expect(await turn.result).toMatchObject({ outcome: 'completed' });
  expect(await mostAtOnce(() => play.end())).toBe(1);
  const rows = await changesOfTurn(bench.deps.db, play.turn());
  return new Map(rows.map(({ path, by }) => [path, by.kind === 'tool' ? by.toolUseId : null]));
}

function told(how: string, { precision, recall, wrong }: Score): void {
  process.stderr.write(`attribution ${how}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}${wrong.length > 0 ? ` (${wrong.join(', ')})` : ''}\n`);
}

test('with a tree at each end of a call', async () => {
  const score = scoreOf(await turnOf('trees', (spec) => spec));
  told('with trees', score);
  expect(score).toEqual({ precision: 1, recall: 1, wrong: [] });
}, 120_000);

test('without trees, by the clocks of the calls and of the files', async () => {
  const score = scoreOf(await turnOf('clocks', (spec) => ({ ...spec, trees: { workspace: '/nowhere', exclude: [], maxFileBytes: 0 } })));
  told('without trees', score);
  // A path that is gone has no clock of its own.
  expect(score.precision).toBeGreaterThanOrEqual(0.9);
  expect(score.recall).toBeGreaterThanOrEqual(0.9);
}, 120_000);
