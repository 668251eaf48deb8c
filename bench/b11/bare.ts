/** The anchor: Claude Code alone goes on with its own session, with the flags that make it print a stream and nothing of ours. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';

export interface Bare {
  /** Milliseconds from the start of the process to its first line; returns when it has ended. */
  resumed(): Promise<number>;
}

const FLAGS = ['-p', '--output-format', 'stream-json', '--verbose', '--setting-sources', '', '--strict-mcp-config', '--tools', 'Bash,Read,Edit,Write,NotebookEdit'];

const DEADLINE_MS = 120_000;

/** Begins a session of its own, which the rounds resume. */
export async function startBare({ claude, dir, url }: { claude: string; dir: string; url: string }): Promise<Bare> {
  const workspace = join(dir, 'bare');
  mkdirSync(workspace, { recursive: true });
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin', HOME: dir, LANG: 'C.UTF-8', ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'scripted', CLAUDE_CONFIG_DIR: join(dir, 'bare-config'),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1', CLAUDE_CODE_DISABLE_CRON: '1', DISABLE_AUTOUPDATER: '1',
  };
  const run = async (...session: string[]): Promise<number> => {
    const begun = performance.now();
    const child = spawn(claude, [...FLAGS, ...session], { cwd: workspace, env, stdio: ['pipe', 'pipe', 'ignore'], timeout: DEADLINE_MS });
    const ended = once(child, 'close') as Promise<[number | null]>;
    child.stdin.end('Go on.');
    let first = NaN;
    child.stdout.on('data', () => (first = Number.isNaN(first) ? performance.now() : first));
    const [code] = await ended;
    if (code !== 0 || Number.isNaN(first)) throw new Error(`claude alone ended with ${code}`);
    return first - begun;
  };
  const session = randomUUID();
  await run('--session-id', session);
  return { resumed: () => run('--resume', session) };
}
