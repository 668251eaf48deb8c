/** Folds the stream of one run: what was called, denied, spent and said. Keeps no line; its state is plain JSON. */
import type { StreamFold, StreamSummary } from '../../domain/agent.ts';
import type { RunExit } from '../../domain/host-api.ts';
import { eventOf, isoOf } from './event.ts';
import { object, text } from '../tolerant.ts';
import { windowsOf } from './usage.ts';
import { blocksOf, parseLine, resultText, type Block, type Line, type Usage } from './lines.ts';
import { outcomeOf, type Ending } from './outcome.ts';

interface Call {
  tool: string;
  toolUseId: string;
  input: unknown;
}

interface State extends Omit<StreamSummary, 'outcome' | 'openCall'>, Pick<Ending, 'apiError' | 'limitedUntil' | 'spoke'> {
  result: Line | null;
  /** Every call seen, for the names of results; the input is dropped once the call is answered. */
  calls: Record<string, Call>;
  open: string[];
  /** Usage by message id since the last result: one message comes as several lines. */
  unbooked: Record<string, Usage>;
}

/** For one run of Claude Code; a new run needs a new fold. */
export function createFold(): StreamFold {
  const state = emptyState();
  return {
    line(text) {
      const parsed = parseLine(text);
      if (parsed !== undefined) take(state, parsed.line);
      return eventOf(text, parsed);
    },
    summary: (exit) => summaryOf(state, exit),
  };
}

const emptyState = (): State => ({
  sessionId: null, agentVersion: null, toolCalls: 0, denials: [], bypasses: [], writes: [], commands: [], resultText: null, costUsd: 0, inputTokens: 0,
  outputTokens: 0, apiRetries: 0, usage: [], heard: [], apiError: null, limitedUntil: null, spoke: false, result: null, calls: {}, open: [], unbooked: {},
});

function summaryOf(state: State, exit: RunExit | null): StreamSummary {
  const { calls, open, unbooked, result, apiError, limitedUntil, spoke, ...told } = state;
  const pending = Object.values(unbooked).map(tokensOf);
  const last = open.at(-1);
  return structuredClone({
    ...told,
    inputTokens: told.inputTokens + sum(pending.map((tokens) => tokens.input)),
    outputTokens: told.outputTokens + sum(pending.map((tokens) => tokens.output)),
    openCall: (last === undefined ? undefined : calls[last]) ?? null,
    outcome: outcomeOf({ result, apiError, limitedUntil, spoke, bypasses: told.bypasses }, exit),
  });
}

function take(state: State, line: Line): void {
  state.spoke = true;
  if (line.session_id) state.sessionId ??= line.session_id;
  if (line.type === 'assistant') takeAssistant(state, line);
  else if (line.type === 'user') takeUser(state, line);
  else if (line.type === 'result') takeResult(state, line);
  else if (line.type === 'rate_limit_event') takeLimit(state, line);
  else if (line.type === 'system' && line.subtype === 'init') state.agentVersion ??= line.claude_code_version ?? null;
  else if (line.type === 'system' && line.subtype === 'api_retry') state.apiRetries += 1;
}

function takeAssistant(state: State, line: Line): void {
  // More work after a result: that result was not the last word.
  state.result = null;
  state.apiError = line.error ?? null;
  const id = line.message?.id;
  if (id !== undefined && line.message?.usage) state.unbooked[id] = line.message.usage;
  for (const block of blocksOf(line)) if (block.type === 'tool_use') takeCall(state, block);
}

function takeCall(state: State, block: Block): void {
  const toolUseId = block.id ?? '';
  if (Object.hasOwn(state.calls, toolUseId)) return;
  state.calls[toolUseId] = { tool: block.name ?? '?', toolUseId, input: block.input };
  state.open.push(toolUseId);
  state.toolCalls += 1;
}

function takeUser(state: State, line: Line): void {
  // Our own words, repeated at the moment it takes them up.
  if (line.isReplay === true && line.uuid !== undefined) state.heard.push(line.uuid);
  for (const block of blocksOf(line)) if (block.type === 'tool_result') takeToolResult(state, line, block);
}

function takeToolResult(state: State, line: Line, block: Block): void {
  const toolUseId = block.tool_use_id ?? '';
  const call = state.calls[toolUseId];
  const tool = call?.tool ?? '?';
  state.open = state.open.filter((id) => id !== toolUseId);
  const path = pathOf(call);
  const command = commandOf(call);
  if (call) call.input = null;
  const { decision, source } = line.tool_result_meta?.find((meta) => meta.id === toolUseId)?.permission_decision ?? {};
  const message = resultText(block);
  if (decision === 'reject') state.denials.push({ tool, toolUseId, message });
  else if (ranWithoutGate(block, source, message)) state.bypasses.push({ tool, toolUseId, source: source ?? 'nothing' });
  if (command !== undefined && decision !== 'reject') noteCommand(state, { command, failed: block.is_error === true });
  if (path !== undefined && decision !== 'reject' && block.is_error !== true) state.writes.push({ path, tool, toolUseId, ...(message.startsWith(CREATED) && { created: true }) });
}

/** First words of the result of a Write to a path where no file was. */
const CREATED = 'File created successfully';

/** Tools that change exactly the file they name. */
const WRITING_TOOLS = ['Write', 'Edit', 'MultiEdit', 'NotebookEdit'];
const readTarget = object({ file_path: text, notebook_path: text });

const MAX_COMMANDS = 200;
const MAX_COMMAND = 500;
const readCommand = object({ command: text });

const commandOf = (call: Call | undefined): string | undefined => (call?.tool === 'Bash' ? readCommand(call.input)?.command : undefined);

/** The last ones are the ones that count. */
function noteCommand({ commands = [] }: State, { command, failed }: { command: string; failed: boolean }): void {
  commands.push({ command: command.slice(0, MAX_COMMAND), failed });
  if (commands.length > MAX_COMMANDS) commands.shift();
}

/** The file that the call changes. */
function pathOf(call: Call | undefined): string | undefined {
  if (call === undefined || !WRITING_TOOLS.includes(call.tool)) return undefined;
  const { file_path: file, notebook_path: notebook } = readTarget(call.input) ?? {};
  return file ?? notebook;
}

/** A result that names no source is a bypass too, unless the call never ran. */
function ranWithoutGate(block: Block, source: string | undefined, message: string): boolean {
  const failed = block.is_error === true;
  if (source === 'hook' || (failed && message.startsWith('<tool_use_error>'))) return false;
  return source !== undefined || !failed;
}

function takeResult(state: State, line: Line): void {
  state.result = line;
  state.resultText = line.result ?? state.resultText;
  // total_cost_usd goes on over a resume, so it would count earlier runs again.
  state.costUsd += sum((line.model_usage_since_last_result ?? []).map((model) => model.costUSD ?? 0));
  const tokens = tokensOf(line.usage ?? {});
  state.inputTokens += tokens.input;
  state.outputTokens += tokens.output;
  state.unbooked = {};
  for (const { tool_name: tool = '?', tool_use_id: toolUseId = '' } of line.permission_denials ?? []) {
    if (!state.denials.some((denial) => denial.toolUseId === toolUseId)) state.denials.push({ tool, toolUseId, message: '' });
  }
}

function takeLimit(state: State, line: Line): void {
  const info = line.rate_limit_info ?? {};
  state.limitedUntil = info.status === 'rejected' ? isoOf(info.resetsAt) : null;
  const told = windowsOf(info);
  state.usage = [...state.usage.filter(({ name }) => !told.some((window) => window.name === name)), ...told];
}

const tokensOf = (usage: Usage) => ({
  input: sum([usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens].map((count) => count ?? 0)),
  output: usage.output_tokens ?? 0,
});

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
