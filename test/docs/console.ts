/**
 * A terminal in which the commands of the documents run as they stand: `./bin/holdpoint` and `examples/` in the current folder,
 * a home of its own with a login of the agent, scripted models on loopback, the real `temporal` on PATH.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_REVIEWS, demoScenario } from '../../src/demo/scenario.ts';
import { startScriptedMessages, type Scenario } from '../../src/demo/scripted-messages.ts';
import { startScriptedOllama } from '../../src/demo/scripted-ollama.ts';
import { eventually } from '../support/eventually.ts';
import { CLAUDE, CLEAN_PATH } from '../support/service.ts';
import { temporalBinary } from '../support/temporal-binary.ts';
import { ROOT } from './blocks.ts';

/** What examples/tinyslug names, so that the plan runs as it stands. */
const MODEL = 'qwen2.5-coder:7b';

export interface Console {
  /** The current folder. */
  dir: string;
  home: string;
  env: Record<string, string>;
  /** Runs the line to its end and returns all it printed. */
  run: (line: string) => Promise<{ code: number | null; output: string }>;
  /** Starts it; goes on beside. */
  begin: (line: string) => Started;
  /** From now on the agent finds its work done and says so: for a second run of the same plan. */
  beginAnew: () => void;
  close: () => Promise<void>;
}

export interface Started {
  output: () => string;
  /** Ctrl-C: the signal goes to the whole group, as from a terminal. */
  interrupt: () => void;
  ended: Promise<number | null>;
}

function begin(line: string, env: Record<string, string>, cwd: string): Started {
  const child = spawn('/bin/sh', ['-c', line], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (output += part));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const interrupt = (): void => {
    if (child.exitCode === null && child.pid) process.kill(-child.pid, 'SIGINT');
  };
  return { output: () => output, interrupt, ended };
}

/** The launcher would look after the clone's dependencies; the tests have done that. */
function writeShim(dir: string): void {
  mkdirSync(join(dir, 'bin'));
  const cli = join(ROOT, 'src/cli.ts');
  writeFileSync(join(dir, 'bin/holdpoint'), `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${cli}' "$@"\n`);
  chmodSync(join(dir, 'bin/holdpoint'), 0o755);
}

/** A login that is none: the scripted API takes anything. */
function writeLogin(home: string): void {
  const folder = join(home, '.claude');
  mkdirSync(folder, { recursive: true });
  const login = { accessToken: 'scripted', refreshToken: 'scripted', expiresAt: 4_102_444_800_000, scopes: ['user:inference'], subscriptionType: 'max' };
  writeFileSync(join(folder, '.credentials.json'), JSON.stringify({ claudeAiOauth: login }));
}

function makeFolders(): { dir: string; home: string; programs: string } {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-docs-'));
  const [home, programs] = [join(dir, 'home'), join(dir, 'programs')];
  for (const folder of [home, programs]) mkdirSync(folder);
  writeShim(dir);
  writeLogin(home);
  cpSync(join(ROOT, 'examples'), join(dir, 'examples'), { recursive: true });
  symlinkSync(temporalBinary(ROOT), join(programs, 'temporal'));
  symlinkSync(CLAUDE, join(programs, 'claude'));
  return { dir, home, programs };
}

const nothingLeft = (home: string): Scenario => ({
  steps: [{ tool: 'Read', input: { file_path: join(home, 'tinyslug/src/slug.js') } }, { text: 'All of it is there already.' }], whenDone: 'loop',
});

/** `more`: further environment, such as ports. */
export async function openConsole(more: Record<string, string>): Promise<Console> {
  const { dir, home, programs } = makeFolders();
  const messages = await startScriptedMessages({ scenario: demoScenario(join(home, 'tinyslug')) });
  const ollama = await startScriptedOllama({ script: { ...DEMO_REVIEWS, models: [MODEL] } });
  const env = {
    PATH: `${programs}:${CLEAN_PATH}`, HOME: home, LANG: 'C.UTF-8', TEMPORAL_BIN: temporalBinary(ROOT),
    HOLDPOINT_CLAUDE_BASE_URL: messages.url, OLLAMA_HOST: ollama.url, HOLDPOINT_HOST_STATE_DIR: join(dir, 'host-state'),
    ...(process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {}),
    ...more,
  };
  return {
    dir, home, env,
    run: async (line) => {
      const started = begin(line, env, dir);
      return { code: await started.ended, output: started.output() };
    },
    begin: (line) => begin(line, env, dir),
    beginAnew: () => messages.setScenario(nothingLeft(home)),
    close: async () => {
      await Promise.all([messages.close(), ollama.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Interrupts a command as soon as it has printed what is expected. */
export async function interruptWhen(started: Started, isPrinted: () => boolean, what: string): Promise<number | null> {
  try {
    await eventually(isPrinted, { timeoutMs: 90_000, everyMs: 50, what });
  } finally {
    started.interrupt();
  }
  return started.ended;
}
