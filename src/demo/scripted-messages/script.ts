/** Which step answers which request, and the counters a test asserts on. No I/O. */
import type { MessagesRequest } from './request.ts';
import type { Scenario, Step } from './scenario.ts';

export interface LoggedRequest extends Omit<MessagesRequest, 'prompts'> {
  at: number;
  /** The newest prompt of the conversation. */
  prompt: string;
  /** False for requests without tools, which consume no step. */
  counted: boolean;
  step: Step;
}

export interface Mismatch {
  session: string;
  expect: string;
  last: string;
}

export interface ScriptStats {
  /** Requests that offer tools: the model requests of a turn. */
  main: number;
  side: number;
  countTokens: number;
  other: number;
  sessions: Record<string, { served: number; steps: number }>;
  mismatches: Mismatch[];
}

const LAST_KEPT = 2_000;

const failure = (message: string): Step => ({ error: { status: 418, type: 'script_error', message } });

/** State of one scenario; a new scenario is a new script. */
export class Script {
  readonly scenario: Scenario;
  readonly stats: ScriptStats = { main: 0, side: 0, countTokens: 0, other: 0, sessions: {}, mismatches: [] };
  readonly requests: LoggedRequest[] = [];
  /** By session and script: a session may follow several scripts, one per prompt. */
  private readonly served = new Map<string, number>();

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  /** Consumes the step that answers this request and logs both. */
  answer(request: MessagesRequest): Step {
    const counted = request.tools.length > 0 || this.scenario.countToolless === true;
    this.stats[counted ? 'main' : 'side'] += 1;
    const step = this.checked(request, counted ? this.next(request) : (this.scenario.side ?? { text: 'side' }));
    const { prompts: [prompt = ''], ...rest } = request;
    this.requests.push({ ...rest, at: Date.now(), prompt, counted, step, last: request.last.slice(-LAST_KEPT) });
    return step;
  }

  private checked(request: MessagesRequest, step: Step): Step {
    if (step.expect === undefined || request.last.includes(step.expect)) return step;
    this.stats.mismatches.push({ session: request.session, expect: step.expect, last: request.last.slice(-LAST_KEPT) });
    return failure(`expected ${step.expect}`);
  }

  private next(request: MessagesRequest): Step {
    const { name, steps } = this.scriptFor(request);
    const key = JSON.stringify([request.session, name]);
    const at = this.served.get(key) ?? 0;
    this.served.set(key, at + 1);
    this.count(request.session, steps.length);
    return steps[at] ?? this.whenDone(steps, at, request.session);
  }

  private count(session: string, steps: number): void {
    const counts = (this.stats.sessions[session] ??= { served: 0, steps: 0 });
    counts.served += 1;
    counts.steps = steps;
  }

  private scriptFor(request: MessagesRequest): { name: string; steps: Step[] } {
    const own = this.scenario.sessions?.[request.session];
    if (own) return { name: 'session', steps: own };
    for (const prompt of request.prompts) {
      const found = this.scenario.prompts?.find(({ match }) => prompt.includes(match));
      if (found) return { name: `prompt ${found.match}`, steps: found.steps };
    }
    return { name: 'steps', steps: this.scenario.steps ?? [] };
  }

  private whenDone(steps: Step[], at: number, session: string): Step {
    const { whenDone = 'fail' } = this.scenario;
    if (typeof whenDone === 'object') return whenDone;
    const again = whenDone === 'loop' ? steps[at % steps.length] : undefined;
    return again ?? failure(`script of session ${session} is used up`);
  }
}
