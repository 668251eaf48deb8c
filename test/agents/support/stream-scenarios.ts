/** What is recorded from the real CLI, and how each stream must be read: one row per way a turn can end. */
import type { Step } from '../../../src/demo/scripted-messages.ts';
import type { AgentTurn } from '../../../src/domain/agent.ts';
import type { Decide } from './run-launch.ts';

export interface StreamScenario {
  steps: Step[];
  turn?: Partial<AgentTurn>;
  auth?: 'apiKey' | 'oauthToken';
  env?: Record<string, string>;
  decide?: Decide;
  /** Flags of the user's own making, for streams our launch never produces. */
  extraArgs?: string[];
  /** The process gets this signal once its tool has made this file. */
  kill?: { whenFile: string; signal: NodeJS.Signals };
  /** Put into the recording before its last line. */
  noise?: string[];
}

export const WORKSPACE = '/w';

const bash = (command: string, id: string): Step => ({ tool: 'Bash', input: { command, description: 'scripted' }, id });
const write: Step = { text: 'I write the file.', tool: 'Write', input: { file_path: `${WORKSPACE}/hello.txt`, content: 'hello\n' }, id: 'toolu_write' };
const error = (status: number, type: string, message: string, headers?: Record<string, string>): Step =>
  ({ error: { status, type, message, ...(headers && { headers }) } });
const repeat = (step: Step, times: number): Step[] => Array.from({ length: times }, () => step);

const rejected = {
  'anthropic-ratelimit-unified-status': 'rejected',
  'anthropic-ratelimit-unified-reset': '4102444800',
  'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  'anthropic-ratelimit-unified-overage-status': 'rejected',
};

// The CLI leaves out a window whose reset is farther away than the window is long.
const inSeconds = (seconds: number): string => String(Math.floor(Date.now() / 1_000) + seconds);
const nearlySpent = {
  'anthropic-ratelimit-unified-status': 'allowed_warning',
  'anthropic-ratelimit-unified-reset': inSeconds(3_600),
  'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  'anthropic-ratelimit-unified-5h-utilization': '0.96',
  'anthropic-ratelimit-unified-5h-reset': inSeconds(3_600),
  'anthropic-ratelimit-unified-5h-status': 'allowed_warning',
  'anthropic-ratelimit-unified-5h-surpassed-threshold': '0.9',
  'anthropic-ratelimit-unified-7d-utilization': '0.42',
  'anthropic-ratelimit-unified-7d-reset': inSeconds(400_000),
  'anthropic-ratelimit-unified-7d-status': 'allowed',
};

const answers: Record<string, StreamScenario> = {
  success: { steps: [write, bash('cat hello.txt', 'toolu_cat'), { text: 'All done.' }] },
  'failed-tool-then-success': { steps: [bash('exit 3', 'toolu_fail'), { text: 'It failed, and I say so.' }] },
  'thinking-and-two-calls': {
    steps: [{ thinking: 'Hm.', tools: [
      { name: 'Read', input: { file_path: `${WORKSPACE}/missing.txt` }, id: 'toolu_a' },
      { name: 'Bash', input: { command: 'echo two', description: 'scripted' }, id: 'toolu_b' },
    ] }, { text: 'Both.' }],
  },
  'text-only': { steps: [{ text: 'Nothing to do.' }] },
  'not-json-line': { steps: [{ text: 'Fine.' }], noise: ['warning: something that is not JSON', '{"torn', '[1,2]', '{"type":"from_the_future","x":1}', ''] },
  'cut-then-whole': { steps: [{ text: 'half of it', cut: true }, { text: 'The whole of it.' }] },
  'retry-then-success': { steps: [error(529, 'overloaded_error', 'Overloaded'), { text: 'At last.' }] },
};

// Ends by itself when the scratch folder is removed, so that nothing outlives the recording.
const busy = bash('touch busy; while [ -e busy ]; do sleep 0.2; done', 'toolu_long');

const limits: Record<string, StreamScenario> = {
  'max-turns': { steps: [bash('true', 'toolu_1'), bash('true', 'toolu_2'), bash('true', 'toolu_3')], turn: { maxTurns: 2 } },
  budget: { steps: [{ ...bash('true', 'toolu_1'), usage: { input_tokens: 500_000 } }, { text: 'Never reached.' }], turn: { budgetUsd: 0.01 } },
  'max-tokens': { steps: repeat({ text: 'and so on', stop: 'max_tokens' }, 6) },
  refusal: { steps: repeat({ text: 'I cannot help.', stop: 'refusal' }, 3) },
  'pause-turn': { steps: repeat({ text: 'Wait.', stop: 'pause_turn' }, 3) },
};

const apiErrors: Record<string, StreamScenario> = {
  'http-401': { steps: repeat(error(401, 'authentication_error', 'invalid x-api-key'), 3), env: { CLAUDE_CODE_MAX_RETRIES: '1' } },
  'http-402-billing': { steps: repeat(error(402, 'billing_error', 'Your credit balance is too low to access the Anthropic API.'), 3) },
  'http-403': { steps: repeat(error(403, 'permission_error', 'Your account does not have access.'), 3) },
  'http-400-credit': { steps: repeat(error(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'), 8) },
  'http-400': { steps: repeat(error(400, 'invalid_request_error', 'messages: something is wrong'), 8) },
  'http-404-model': { steps: repeat(error(404, 'not_found_error', 'model: no-such-model'), 3), turn: { model: 'no-such-model' } },
  'http-429-plain': { steps: repeat(error(429, 'rate_limit_error', 'Too many requests'), 3), env: { CLAUDE_CODE_MAX_RETRIES: '1' } },
  'http-429-retry-after': { steps: [error(429, 'rate_limit_error', 'Too many requests', { 'retry-after': '3600' })] },
  'http-401-expired': { steps: repeat(error(401, 'authentication_error', 'OAuth token has expired.'), 4), auth: 'oauthToken' },
  'http-403-revoked': { steps: repeat(error(403, 'permission_error', 'OAuth token has been revoked.'), 4), auth: 'oauthToken' },
  'http-403-organization': { steps: [error(403, 'permission_error', 'OAuth authentication is currently not allowed for this organization.')], auth: 'oauthToken' },
  'http-503': { steps: repeat(error(503, 'api_error', 'Service unavailable'), 3), env: { CLAUDE_CODE_MAX_RETRIES: '1' } },
  'usage-warning': { steps: [{ text: 'Nearly spent.', headers: nearlySpent }], auth: 'oauthToken' },
  'http-429-rejected': { steps: [error(429, 'rate_limit_error', 'limit', rejected)], auth: 'oauthToken' },
  'http-500': { steps: repeat(error(500, 'api_error', 'Internal server error'), 3), env: { CLAUDE_CODE_MAX_RETRIES: '1' } },
  'http-529': { steps: repeat(error(529, 'overloaded_error', 'Overloaded'), 4) },
  'no-key': { steps: [{ text: 'Never asked.' }], env: { ANTHROPIC_API_KEY: '' } },
  'socket-reset': { steps: repeat({ reset: true }, 3), env: { CLAUDE_CODE_MAX_RETRIES: '1' } },
};

const gate: Record<string, StreamScenario> = {
  'denied-by-gate': { steps: [bash('rm -rf build', 'toolu_rm'), { text: 'Then I leave it.' }], decide: () => 'deny' },
  deferred: { steps: [bash('git push', 'toolu_push'), { text: 'Pushed.' }], decide: () => 'defer' },
  // What must never happen: another source of permission than the hook. Made here by taking the gate away.
  bypassed: { steps: [bash('ls', 'toolu_ls'), { text: 'Listed.' }], extraArgs: ['--settings', '{}', '--allowedTools', 'Bash'] },
};

const ends: Record<string, StreamScenario> = {
  'killed-in-tool': { steps: [busy], kill: { whenFile: 'busy', signal: 'SIGKILL' } },
  'sigint-in-tool': { steps: [busy], kill: { whenFile: 'busy', signal: 'SIGINT' } },
  'sigterm-in-tool': { steps: [busy], kill: { whenFile: 'busy', signal: 'SIGTERM' } },
  'unknown-session': { steps: [], turn: { resume: true } },
  'bad-flag': { steps: [], extraArgs: ['--no-such-flag'] },
};

export const SCENARIOS: Record<string, StreamScenario> = { ...answers, ...limits, ...apiErrors, ...gate, ...ends };
