/** Runs an AgentLaunch the way the host program does, as far as an agent can tell: run directory, placeholders, gate, clean environment. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AgentLaunch } from '../../../src/domain/agent.ts';
import type { ExitReason, RunExit } from '../../../src/domain/host-api.ts';

export type GateAnswer = 'allow' | 'deny' | 'defer';
export type Decide = (call: { tool_name: string; tool_use_id: string; tool_input: unknown }) => GateAnswer;

export interface RunOptions {
  runDir: string;
  home: string;
  decide?: Decide;
  /** More of the host user's login environment; the agent gets what it inherits. */
  login?: Record<string, string>;
  /** The process gets this signal once this file exists. */
  kill?: { whenFile: string; signal: NodeJS.Signals };
  extraArgs?: string[];
}

export interface RunResult {
  lines: string[];
  stderr: string;
  exit: RunExit;
  /** Tools the gate was asked for. */
  asked: string[];
}

const TOKEN = 'gate-token';

export async function runLaunch(launch: AgentLaunch, options: RunOptions): Promise<RunResult> {
  const gate = await startGate(options.decide ?? (() => 'allow'));
  const fill = (value: string) =>
    value.replaceAll('{{RUN_DIR}}', options.runDir).replaceAll('{{GATE_URL}}', gate.url).replaceAll('{{GATE_TOKEN}}', TOKEN);
  try {
    await mkdir(options.runDir, { recursive: true });
    for (const file of launch.spec.files) await writeFile(join(options.runDir, file.path), fill(file.content));
    return { ...(await execute(launch, options, fill)), asked: gate.asked };
  } finally {
    await gate.close();
  }
}

function environment(launch: AgentLaunch, options: RunOptions, fill: (value: string) => string): Record<string, string> {
  const login: Record<string, string> = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: options.home, ...options.login };
  const inherited = launch.spec.inherit.flatMap((name) => (login[name] === undefined ? [] : [[name, login[name]] as const]));
  const own = Object.entries(launch.spec.env).map(([name, value]) => [name, fill(value)] as const);
  const secrets = Object.entries(launch.secrets).map(([name, source]) => [name, source.kind === 'value' ? source.value : ''] as const);
  return Object.fromEntries([...inherited, ...own, ...secrets]);
}

async function execute(launch: AgentLaunch, options: RunOptions, fill: (value: string) => string) {
  const { spec } = launch;
  const child = spawn(fill(spec.command), [...spec.args.map(fill), ...(options.extraArgs ?? [])], {
    cwd: spec.cwd, env: environment(launch, options, fill), stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    const parts = (rest + part).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  child.stdin.on('error', () => undefined).end(spec.stdin);
  const watch = options.kill && killWhen(child, options.kill);
  const [stderr, exit] = await Promise.all([text(child.stderr), exitOf(child)]);
  clearInterval(watch);
  if (rest !== '') lines.push(rest);
  return { lines, stderr, exit };
}

function killWhen(child: ReturnType<typeof spawn>, { whenFile, signal }: NonNullable<RunOptions['kill']>) {
  const watch = setInterval(() => {
    if (!existsSync(whenFile)) return;
    clearInterval(watch);
    child.kill(signal);
  }, 20);
  return watch;
}

function exitOf(child: ReturnType<typeof spawn>): Promise<RunExit> {
  const exit = (reason: ExitReason, code: number | null, signal: string | null, message: string | null): RunExit =>
    ({ code, signal, reason, message, at: new Date().toISOString() });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(exit('spawn_failed', null, null, error.message)));
    child.once('close', (code, signal) => resolve(exit('exited', code, signal, null)));
  });
}

async function startGate(decide: Decide) {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    void text(req).then((raw) => {
      if (req.url?.endsWith('/ended')) return void res.end('{}');
      const call = JSON.parse(raw) as Parameters<Decide>[0];
      asked.push(call.tool_name);
      const permitted = req.headers.authorization === `Bearer ${TOKEN}`;
      res.statusCode = permitted ? 200 : 401;
      res.setHeader('content-type', 'application/json');
      const hookSpecificOutput = { hookEventName: 'PreToolUse', permissionDecision: decide(call), permissionDecisionReason: 'not allowed by the plan' };
      res.end(JSON.stringify({ hookSpecificOutput }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/gate`, asked, close };
}
