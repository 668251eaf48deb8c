/**
 * An agent without a model, for drills and tests: a real process that does what the prompt's `scripted: {…}` lines say.
 * Never a default; registered only where somebody asks for it.
 */
import type { Agent, AgentEvent, AgentLaunch, AgentTurn, StreamFold, StreamSummary } from '../domain/agent.ts';
import type { RunExit } from '../domain/host-api.ts';
import type { TurnOutcome } from '../domain/turn-outcome.ts';
import type { UsageWindow } from '../domain/usage.ts';
import { PROGRAM } from './scripted/program.ts';
import { anything, count, list, object, parseJson, text } from './tolerant.ts';

/**
 * One line `scripted: JSON` of the prompt. `turn` and `seq` restrict a step to one attempt or one run of it.
 * Paths are relative to the workspace; all but `say`, `raw`, `usage`, `lines`, `until`, `cost`, `exit` and `end` ask the gate first.
 * `until` prints a numbered line every `everyMs` until that file is there; `escape` leaves a process behind that has a session
 * of its own and ignores every signal it can.
 */
export type ScriptedStep = { turn?: number; seq?: number } & (
  | { say: string }
  | { raw: string }
  | { usage: UsageWindow[] }
  | { lines: number }
  | { until: string; everyMs: number }
  | { cost: number }
  | { write: string; content?: string }
  | { append: string; content?: string }
  | { run: string }
  | { waitFor: string }
  | { escape: true }
  | { hang: true }
  | { exit: number }
  | { end: TurnOutcome }
);

/** The text to put into a task's instructions. */
export const scriptedPrompt = (steps: readonly ScriptedStep[]): string => steps.map((step) => `scripted: ${JSON.stringify(step)}`).join('\n');

export interface ScriptedOptions {
  /** Node on the host. */
  command: string;
}

/** Starts nothing: the host program runs what `launch` describes. */
export function createScripted(options: ScriptedOptions): Agent {
  return { name: 'scripted', command: options.command, launch: (turn) => launch(options, turn), fold: createScriptedFold };
}

function launch(options: ScriptedOptions, turn: AgentTurn): AgentLaunch {
  // The key ends in `<turn>.<seq>`.
  const [attempt = '1', seq = '1'] = turn.runKey.split('.').slice(-2);
  return {
    spec: {
      command: options.command,
      args: ['{{RUN_DIR}}/agent.mjs', turn.sessionId, attempt, seq],
      cwd: turn.workspace,
      env: { LANG: 'C.UTF-8' },
      inherit: ['PATH', 'HOME'],
      stdin: turn.prompt,
      files: [
        { path: 'agent.mjs', content: PROGRAM },
        { path: 'gate.json', content: JSON.stringify({ url: '{{GATE_URL}}', token: '{{GATE_TOKEN}}' }) },
      ],
      gate: turn.gate,
      limits: turn.limits,
    },
    secrets: {},
  };
}

const readLine = object({
  event: text, session: text, version: text, id: text, tool: text, input: anything, text, message: text, costUsd: count,
  windows: list(object({ name: text, utilization: count, status: text, resetsAt: text })),
  outcome: object({ kind: text, text, until: text, message: text, reason: text, toolUseId: text, tool: text, input: anything, turns: count }),
});

const readTarget = object({ file_path: text });

type ScriptedLine = NonNullable<ReturnType<typeof readLine>>;

const emptySummary = (): StreamSummary => ({
  sessionId: null, agentVersion: null, toolCalls: 0, denials: [], bypasses: [], writes: [], commands: [], resultText: null, costUsd: 0, inputTokens: 0,
  outputTokens: 0, apiRetries: 0, usage: [], heard: [], openCall: null, outcome: null,
});

function createScriptedFold(): StreamFold {
  const state = emptySummary();
  return {
    line(raw) {
      const json = parseJson(raw);
      const line = readLine(json);
      if (line === undefined) return { kind: 'unreadable', text: raw, json: null };
      take(state, line);
      return { ...eventOf(line), json };
    },
    summary: (exit) => structuredClone({ ...state, outcome: state.outcome ?? outcomeOf(exit, state.sessionId !== null) }),
  };
}

function take(state: StreamSummary, line: ScriptedLine): void {
  const { id: toolUseId = '', tool = '?', message = '' } = line;
  if (line.event === 'init') Object.assign(state, { sessionId: line.session ?? null, agentVersion: line.version ?? null });
  if (line.event === 'toolUse') Object.assign(state, { toolCalls: state.toolCalls + 1, openCall: { tool, toolUseId, input: line.input } });
  if (line.event === 'toolResult') takeWrite(state);
  if (line.event === 'toolResult') takeCommand(state, line.text ?? '');
  if (line.event === 'toolResult' || line.event === 'denied') state.openCall = null;
  if (line.event === 'denied') state.denials.push({ tool, toolUseId, message });
  if (line.event === 'usage') {
    state.usage = (line.windows ?? []).map(({ name = '?', utilization = null, status = null, resetsAt = null }) => ({ name, utilization, status, resetsAt }));
  }
  // Our own program's word: its outcomes are of our own type.
  if (line.event === 'result' && line.outcome) takeResult(state, line.outcome as TurnOutcome, line.costUsd ?? 0);
}

/** The program makes one call after the other. */
function takeWrite({ openCall, writes }: StreamSummary): void {
  const { file_path: path } = readTarget(openCall?.input) ?? {};
  if (openCall && path !== undefined && ['Write', 'Edit'].includes(openCall.tool)) writes.push({ path, tool: openCall.tool, toolUseId: openCall.toolUseId });
}

const readCommand = object({ command: text });

/** Its answer begins with the exit code. */
function takeCommand({ openCall, commands = [] }: StreamSummary, answer: string): void {
  const { command } = readCommand(openCall?.tool === 'Bash' ? openCall.input : undefined) ?? {};
  if (command !== undefined) commands.push({ command, failed: !/^exit 0\b/.test(answer) });
}

function takeResult(state: StreamSummary, outcome: TurnOutcome, costUsd: number): void {
  state.outcome = outcome;
  state.costUsd += costUsd;
  if (outcome.kind === 'completed') state.resultText = outcome.text;
}

const KINDS: Record<string, AgentEvent['kind']> = { init: 'init', text: 'text', toolUse: 'toolUse', toolResult: 'toolResult', denied: 'denied', result: 'result', usage: 'rateLimit' };

function eventOf(line: ScriptedLine): Omit<AgentEvent, 'json'> {
  const argument = line.event === 'toolUse' ? JSON.stringify(line.input) : (line.text ?? line.message ?? line.outcome?.kind ?? line.session ?? '');
  return {
    kind: KINDS[line.event ?? ''] ?? 'other',
    text: [line.tool, argument].filter((part) => part !== undefined && part !== '').join(' '),
    ...(line.id !== undefined && { toolUseId: line.id }),
    ...(line.tool !== undefined && { tool: line.tool }),
    ...(line.event === 'toolUse' && { input: line.input }),
  };
}

function outcomeOf(exit: RunExit | null, spoke: boolean): TurnOutcome | null {
  if (exit === null) return null;
  if (exit.reason === 'wall_limit') return { kind: 'failed', reason: 'time_limit', message: 'The run took longer than it may.' };
  if (exit.reason === 'output_limit') return { kind: 'failed', reason: 'output_limit', message: 'The run wrote more than it may.' };
  if (exit.reason === 'spawn_failed' || (!spoke && exit.signal === null)) {
    return { kind: 'failed', reason: 'agent_error', message: `The scripted agent could not start: ${exit.message ?? `code ${exit.code}`}.` };
  }
  return { kind: 'interrupted', message: `The agent ended with ${exit.signal ?? `code ${exit.code}`} and without a result.` };
}
