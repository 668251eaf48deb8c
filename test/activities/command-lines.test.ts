/** Nothing that a person or a model wrote is on a command line: random hostile text as workspace, title, prompt and file names. */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createScripted } from '../../src/agents/scripted.ts';
import { savePlan } from '../../src/db/plans.ts';
import { follow, type HostProgram } from '../host/support/host-program.ts';
import { commandOf, pidsNaming } from '../support/marked-processes.ts';
import { pick, seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { openBench, SHA, type Bench } from './bench.ts';
import { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const NONCE = 'n0nce8Written';
/** Whatever would run one of these leaves a file of that name in its working directory or above. */
const HOSTILE = [
  '$(touch MARK)', '`touch MARK`', '; touch MARK;', '| touch MARK', '&& touch MARK', '\ntouch MARK\n', "'; touch MARK; '", '"; touch MARK; "', '$(touch ${PWD}MARK)', '--output=MARK', '-c', '-rf', '\\', "'", '"', '*', '?',
  '$HOME', '~', '{a,b}', '!!', '%s', '\t', '\r', '\u0001', 'ü€😀', ' ', '#', '>MARK', '<', '&', '\u001b[2J', '{{RUN_DIR}}', '{{GATE_TOKEN}}',
];

const text = (random: () => number): string => `${pick(random, ['-', '--', '', '$(', '`', "'"])}${Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, HOSTILE)).join(NONCE)}`;

/** A run that gives its input back, byte for byte. */
function echoing(name: string): void {
  const scripted = createScripted({ command: process.execPath });
  bench.agents.set(name, {
    ...scripted, name,
    launch: (turn) => ({ ...scripted.launch(turn), spec: { ...scripted.launch(turn).spec, command: '/bin/sh', args: ['-c', 'cat; sleep 0.2'], files: [], stdin: turn.prompt } }),
  });
}

async function hostileProject(name: string, random: () => number): Promise<Play> {
  echoing(name);
  const play = await bench.project(name);
  const workspace = join(bench.dir, 'workspaces', `${text(random)}${NONCE}`.replaceAll('/', '_').slice(0, 60));
  renameSync(play.workspace, workspace);
  const [milestone] = play.plan.milestones;
  const [task] = milestone?.tasks ?? [];
  Object.assign(task ?? {}, { title: text(random), instructions: `${text(random)}\n${text(random)}`, acceptance: [text(random)] });
  Object.assign(milestone ?? {}, { title: text(random) });
  play.plan.workspace.path = workspace;
  play.plan.agent.name = name;
  for (let at = 0; at < 3; at += 1) writeFileSync(join(workspace, `${text(random)}${at}`.replaceAll('/', '_').slice(0, 60)), 'x');
  // Names on Linux are bytes.
  writeFileSync(Buffer.concat([Buffer.from(`${workspace}/`), Buffer.from([0xff, 0xfe, 0x24, 0x28, 0x60, 0x0a, 0x80])]), 'x');
  mkdirSync(join(workspace, '-rf'));
  await savePlan(bench.deps.db, { project: name, sha256: 'c'.repeat(64), plan: play.plan, source: '' });
  const hostile = new Play(bench, play.plan);
  Object.assign(hostile.ref, { planSha256: 'c'.repeat(64) });
  return hostile.claim();
}

/** Over and over, but for no more than a third of the time: among many processes a look takes long. Returns how to end it. */
function lookOften(look: () => void): () => void {
  let timer: NodeJS.Timeout;
  const again = (): void => {
    const begin = performance.now();
    look();
    timer = setTimeout(again, Math.max(20, 2 * (performance.now() - begin)));
  };
  again();
  return () => clearTimeout(timer);
}

test('the prompt comes through byte for byte, nothing of it runs, and no command line shows it', async () => {
  expect(SHA).not.toBe('c'.repeat(64));
  const random = seededRandom(SEED);
  const seen = new Set<string>();
  const stopLooking = lookOften(() => pidsNaming(bench.dir).forEach((pid) => seen.add(commandOf(pid))));
  try {
    for (let round = 0; round < scaled(4, 200); round += 1) {
      const play = await hostileProject(`hostile-${round}`, random);
      const key = await play.begin();
      const { spec } = await play.runRow();
      await play.run();
      await play.end();
      const { api } = await bench.deps.hosts.link('local');
      const said = await follow({ call: (method: 'readRun', p: never) => api[method](p) } as unknown as HostProgram, key);
      expect(said.toString()).toBe((spec as { prompt: string }).prompt);
    }
  } finally {
    stopLooking();
  }
  expect(seen.size).toBeGreaterThan(1);
  expect([...seen].filter((line) => line.includes(NONCE))).toEqual([]);
  // A name of the test's own may end so where it is cut, below a folder with the nonce; none of them is just that.
  const made = readdirSync(bench.dir, { recursive: true, withFileTypes: true })
    .filter(({ name, parentPath }) => name === 'MARK' || (name.endsWith('MARK') && !parentPath.includes(NONCE)))
    .map(({ parentPath, name }) => join(parentPath, name));
  expect(made).toEqual([]);
}, scaled(240_000, 900_000));
