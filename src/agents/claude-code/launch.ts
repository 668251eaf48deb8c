/**
 * How a turn becomes a process of Claude Code (2.1.330). The gate's hook is the only source of permission: settings of
 * the repository and of the user are shut out, nothing is allowed by a rule, and a hook that does not answer blocks.
 */
import type { AgentLaunch, AgentTurn } from '../../domain/agent.ts';
import type { RunFile, RunSpec, SecretSource } from '../../domain/host-api.ts';
import { onHostOnly } from '../../domain/host-secrets.ts';
import type { AgentAuth, CredentialSource } from '../../domain/plan.ts';

export interface ClaudeCodeOptions {
  /** Name on the host's PATH, or an absolute path there. */
  command: string;
  /** Null: the CLI's own. */
  baseUrl: string | null;
  auth: AgentAuth;
  /** Reads a credential kept on the worker; throws `secret_missing` where there is none. */
  resolve: (source: CredentialSource) => string;
}

/** What the gate is asked about is what the CLI offers: no background work, no worktrees, no messages between agents. */
const TOOLS = ['Bash', 'Read', 'Edit', 'Write', 'NotebookEdit'];

/**
 * AskUserQuestion is offered only where a host says that it asks for permissions. Ours never answers there: the gate has
 * decided before, and what it left open is denied. Resuming such a call needs the same flags.
 */
const WITH_QUESTIONS = ['--permission-prompt-tool', 'stdio'];

/** Input as JSON, so that a person can say something in the middle of a turn; the CLI repeats each message when it takes it up. */
const WITH_MORE_INPUT = ['--input-format', 'stream-json', '--replay-user-messages'];

/**
 * A call that only goes on is resumed by an empty input that has ended. While a plan is made the CLI may ask its host, which nobody
 * is here: an input that has ended answers for it.
 */
const takesMore = ({ prompt, planning }: AgentTurn): boolean => prompt !== '' && !planning;

/** Seconds. Noting the end of a call is bounded to one; without an answer the agent goes on. */
const ENDED_TIMEOUT_S = 5;

/** Seconds. A gate answers in milliseconds; a hook that takes longer is broken, and blocks. */
const GATE_TIMEOUT_S = 60;

const INHERITED = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TZ',
  'HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR',
];

// The CLI sends its HTTP hooks through the user's proxy too: without this the gate would be unreachable behind one.
const LOOPBACK = '127.0.0.1,localhost,::1';

/** Pure: the same turn gives the same launch. Throws only what `resolve` throws. */
export function launchClaudeCode(options: ClaudeCodeOptions, turn: AgentTurn): AgentLaunch {
  const files = filesOf(turn);
  return {
    spec: {
      command: options.command,
      args: argsOf(turn, new Set(files.map((file) => file.path))),
      cwd: turn.workspace,
      env: envOf(options, turn),
      inherit: INHERITED,
      ...inputOf(turn),
      files,
      gate: turn.gate,
      limits: turn.limits,
    },
    secrets: secretsOf(options),
  };
}

function argsOf(turn: AgentTurn, files: Set<string>): string[] {
  return [
    '-p', ...(takesMore(turn) ? WITH_MORE_INPUT : []), '--output-format', 'stream-json', '--verbose', '--include-hook-events',
    '--permission-mode', turn.planning ? 'plan' : 'default', '--setting-sources', '', '--strict-mcp-config', '--disable-slash-commands',
    '--settings', inRunDir('gate.json'),
    '--tools', [...TOOLS, ...(turn.questions ? ['AskUserQuestion'] : [])].join(','), ...(turn.questions ? WITH_QUESTIONS : []),
    ...(files.has('mcp.json') ? ['--mcp-config', inRunDir('mcp.json')] : []),
    // A file, because a command line is short and everybody on the host can read it. The snapshot is off, so that
    // instructions changed by a person hold for a resumed session too.
    ...(files.has('instructions.md') ? ['--append-system-prompt-file', inRunDir('instructions.md'), '--system-prompt-snapshot', 'off'] : []),
    turn.resume ? '--resume' : '--session-id', turn.sessionId,
    ...(turn.model === null ? [] : ['--model', turn.model]),
    '--max-turns', String(turn.maxTurns),
    ...(turn.budgetUsd === null ? [] : ['--max-budget-usd', String(turn.budgetUsd)]),
  ];
}

const inRunDir = (name: string): string => `{{RUN_DIR}}/${name}`;

function filesOf(turn: AgentTurn): RunFile[] {
  const files = [{ path: 'gate.json', content: JSON.stringify(gateSettings()) }];
  if (turn.instructions !== null) files.push({ path: 'instructions.md', content: turn.instructions });
  if (Object.keys(turn.mcpServers).length > 0) files.push({ path: 'mcp.json', content: JSON.stringify({ mcpServers: turn.mcpServers }) });
  return files;
}

function gateSettings() {
  const hook = { type: 'http', headers: { Authorization: 'Bearer $GATE_TOKEN' }, allowedEnvVars: ['GATE_TOKEN'] };
  const gate = { ...hook, url: '{{GATE_URL}}', onFailure: 'block', timeout: GATE_TIMEOUT_S };
  const ended = [{ matcher: '*', hooks: [{ ...hook, url: '{{GATE_URL}}/ended', timeout: ENDED_TIMEOUT_S }] }];
  return { hooks: { PreToolUse: [{ matcher: '*', hooks: [gate] }], PostToolUse: ended, PostToolUseFailure: ended } };
}

function envOf(options: ClaudeCodeOptions, turn: AgentTurn): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    NO_PROXY: LOOPBACK,
    no_proxy: LOOPBACK,
    GATE_TOKEN: '{{GATE_TOKEN}}',
    ...(options.baseUrl === null ? {} : { ANTHROPIC_BASE_URL: options.baseUrl }),
    // A login lives in the CLI's default folder. A key does not, so such sessions get a folder of their own, beside the
    // run directories: a later run of the task finds the transcript there.
    ...(options.auth.kind === 'login' ? {} : { CLAUDE_CONFIG_DIR: `{{RUN_DIR}}/../../sessions/${turn.sessionId}` }),
    CLAUDE_CODE_MAX_RETRIES: '3', // longer waits are Temporal's
    CLAUDE_CODE_DISABLE_ATTACHMENTS: '1', // or `@/etc/passwd` in a prompt would be read without the gate
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1', // a process must end with its result
    CLAUDE_CODE_DISABLE_CRON: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  };
}

function secretsOf({ auth, resolve }: ClaudeCodeOptions): Record<string, SecretSource> {
  if (auth.kind === 'login') return {};
  const name = auth.kind === 'apiKey' ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN';
  return { [name]: secretOf(auth.source, resolve) };
}

function secretOf(source: CredentialSource, resolve: ClaudeCodeOptions['resolve']): SecretSource {
  return source.on === 'worker' ? { kind: 'value', value: resolve(source) } : onHostOnly(source);
}

/** A leading slash would be taken for a command of the CLI (`/clear`), which it answers without the model. */
const promptOf = (prompt: string): string => (/^\s*\//.test(prompt) ? `Task:\n${prompt}` : prompt);

const inputOf = (turn: AgentTurn): Pick<RunSpec, 'stdin' | 'moreInput'> =>
  (takesMore(turn) ? { stdin: userMessage(promptOf(turn.prompt)), moreInput: { until: { type: 'result' } } } : { stdin: promptOf(turn.prompt) });

/** One line of the CLI's input. `uuid`: it is repeated with the message. */
export const userMessage = (content: string, uuid?: string): string =>
  `${JSON.stringify({ type: 'user', message: { role: 'user', content: [{ type: 'text', text: content }] }, parent_tool_use_id: null, ...(uuid && { uuid }) })}\n`;
