/**
 * A local model behind Ollama as reviewer: structured output, temperature 0, one deadline for all tries. The grammar does not
 * enforce numeric bounds, so an answer out of range is rubbish and asked for again, never clamped.
 */
import { Ollama, type Message } from 'ollama';
import { parseReview, reviewJsonSchema } from '../domain/review-schema.ts';
import { shareWindow } from '../domain/prompt/fit.ts';
import type { ModelWindow, ReviewOutcome, ReviewRequest, Reviewer, Unavailable } from '../domain/review.ts';
import { withoutBounds } from './grammar-schema.ts';

export interface OllamaOptions {
  /** Base URL of the server, as OLLAMA_HOST. */
  host: string;
  model: string;
  /** An answer is cut there (and then rubbish), so that a model that repeats itself ends; default: a quarter of the context, at most 2,048. */
  answerTokens?: number;
}

type Reason = Unavailable['reason'];
type Attempt = { kind: 'answer'; text: string; promptTokens: number | undefined; cut: boolean } | { kind: 'failed'; reason: Reason; message: string };
type Probe = Awaited<ReturnType<Reviewer['probe']>>;

const TRIES = 3;
/** Of an answer that cannot be used, what the model is shown again. */
const AGAIN_CHARACTERS = 1_500;

/** Opens no connection until it is used. */
export function createOllama(options: OllamaOptions): Reviewer {
  return {
    name: 'ollama',
    model: options.model,
    review: (request, signal) => review(options, request, signal),
    window: (deadlineMs, signal) => window(options, deadlineMs, signal),
    probe: (signal) => probe(options, signal),
  };
}

/** The client aborts all of its requests at once, so each use has a client of its own. */
const clientOf = (options: OllamaOptions, signal: AbortSignal): Ollama =>
  new Ollama({ host: options.host, fetch: (input, init) => fetch(input, { ...init, signal }) });

async function review(options: OllamaOptions, request: ReviewRequest, signal: AbortSignal): Promise<ReviewOutcome> {
  const started = Date.now();
  const deadline = AbortSignal.timeout(request.deadlineMs);
  const client = clientOf(options, AbortSignal.any([signal, deadline]));
  const messages: Message[] = [{ role: 'system', content: request.system }, { role: 'user', content: request.prompt }];
  let why = '';
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const attempt = await ask(client, options, { ...request, messages }, { deadline, ms: request.deadlineMs });
    // A cancelled caller is not the model's fault, and wants no outcome.
    signal.throwIfAborted();
    if (attempt.kind === 'failed') return unavailable(options, attempt, tries);
    if (attempt.cut) return unavailable(options, { reason: 'prompt_cut', message: cutSentence(options) }, tries);
    const parsed = parseReview(attempt.text);
    if (parsed.ok) {
      const { promptHash } = request;
      return { kind: 'reviewed', review: parsed.review, model: options.model, promptHash, durationMs: Date.now() - started, tries, ...counted(attempt) };
    }
    why = parsed.why;
    // At temperature 0 the same question has the same answer.
    messages.push({ role: 'assistant', content: attempt.text.slice(0, AGAIN_CHARACTERS) }, { role: 'user', content: `That cannot be used: ${why}. Answer again, in the agreed shape.` });
  }
  return unavailable(options, { reason: 'rubbish', message: `${options.model} gave no usable review in ${TRIES} tries: ${why}` }, TRIES);
}

const counted = ({ promptTokens }: { promptTokens: number | undefined }): { modelTokens?: number } => (promptTokens === undefined ? {} : { modelTokens: promptTokens });

const cutSentence = ({ model }: OllamaOptions): string => `Ollama cut a prompt that does not fit what ${model} reads at once.`;

const unavailable = ({ model }: OllamaOptions, { reason, message }: { reason: Reason; message: string }, tries: number): Unavailable =>
  ({ kind: 'unavailable', reason, message, model, tries });

/** Ollama cuts a prompt that does not fit, without a word; another size loads the model anew, so there are few. */
const CONTEXTS = [8_192, 16_384, 32_768] as const;
const CHARACTERS_PER_TOKEN = 3;

type Question = Omit<ReviewRequest, 'prompt' | 'system'> & { messages: Message[] };

/** The least that holds prompt, answer and two further tries. */
function contextFor({ messages, promptTokens, windowTokens = CONTEXTS[2] }: Question): number {
  const tokens = promptTokens ?? messages.reduce((sum, { content }) => sum + content.length, 0) / CHARACTERS_PER_TOKEN;
  return Math.min(windowTokens, CONTEXTS.find((size) => shareWindow(size).room >= tokens) ?? CONTEXTS[2]);
}

interface Deadline {
  deadline: AbortSignal;
  ms: number;
}

async function ask(client: Ollama, options: OllamaOptions, question: Question, deadline: Deadline): Promise<Attempt> {
  const context = contextFor(question);
  try {
    const answer = await client.chat({
      model: options.model, messages: question.messages, format: withoutBounds(reviewJsonSchema()), stream: false,
      options: { temperature: 0, num_ctx: context, num_predict: options.answerTokens ?? shareWindow(context).answerTokens },
    });
    const promptTokens = (answer as Partial<typeof answer>).prompt_eval_count;
    return { kind: 'answer', text: answer.message.content, promptTokens, cut: (promptTokens ?? 0) >= context };
  } catch (error) {
    return { kind: 'failed', ...failureOf(error, options, deadline) };
  }
}

/** What the model was made to read at once, as `/api/show` says, and no more than a machine of no great size can hold. */
async function window(options: OllamaOptions, deadlineMs: number, signal: AbortSignal): Promise<ModelWindow> {
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const { model_info: info } = await clientOf(options, AbortSignal.any([signal, deadline])).show({ model: options.model });
    const [, length] = Object.entries(info ?? {}).find(([key]) => key.endsWith('.context_length')) ?? [];
    return { kind: 'window', tokens: typeof length === 'number' && length > 0 ? Math.min(length, CONTEXTS[2]) : null };
  } catch (error) {
    signal.throwIfAborted();
    return unavailable(options, failureOf(error, options, { deadline, ms: deadlineMs }), 1);
  }
}

function failureOf(error: unknown, options: OllamaOptions, { deadline, ms }: Deadline): { reason: Reason; message: string } {
  if (deadline.aborted) return { reason: 'deadline', message: `${options.model} gave no review within ${ms} ms.` };
  if (statusOf(error) === 404 && sentenceOf(error).includes('model')) {
    return { reason: 'model_missing', message: `Ollama at ${options.host} has no model ${options.model}: ${pull(options)}` };
  }
  return { reason: 'unreachable', message: `Ollama at ${options.host} cannot answer: ${sentenceOf(error)}` };
}

const pull = (options: OllamaOptions): string => `run \`ollama pull ${options.model}\` there.`;

interface ErrorLike {
  message?: string;
  status_code?: number;
  code?: string;
  cause?: unknown;
}

const errorLike = (error: unknown): ErrorLike => (typeof error === 'object' && error !== null ? error : { message: String(error) });

const statusOf = (error: unknown): number | undefined => errorLike(error).status_code;

/** fetch hides why in the cause, whose message may be empty. */
function sentenceOf(error: unknown): string {
  const { message = 'no reason given', cause } = errorLike(error);
  const why = cause === undefined ? undefined : errorLike(cause).message || errorLike(cause).code;
  return why ? `${message}: ${why}` : message;
}

async function probe(options: OllamaOptions, signal: AbortSignal): Promise<Probe> {
  const client = clientOf(options, signal);
  try {
    const [{ version }, { models }] = await Promise.all([client.version(), client.list()]);
    return probed(options, version, models.some(({ name }) => sameModel(name, options.model)));
  } catch (error) {
    return {
      reachable: false, modelPresent: false, version: null, detail: `Ollama at ${options.host} cannot answer: ${sentenceOf(error)}`,
      cure: 'Start it with `ollama serve`, or set OLLAMA_HOST to where it runs.',
    };
  }
}

function probed(options: OllamaOptions, version: string, modelPresent: boolean): Probe {
  const at = `Ollama ${version} at ${options.host}`;
  if (modelPresent) return { reachable: true, modelPresent, version, detail: `${at} has ${options.model}.` };
  return { reachable: true, modelPresent, version, detail: `${at} has no model ${options.model}.`, cure: `On that machine, ${pull(options)}` };
}

/** Ollama lists `name:latest` for a model that is asked for by `name`. */
const sameModel = (listed: string, wanted: string): boolean => listed === wanted || listed === `${wanted}:latest`;
