/** What every agent must do, run on its real process: launch, gate, stream, outcome. Each agent's test calls it with its own way to say things. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Agent, AgentTurn, StreamSummary } from '../../src/domain/agent.ts';
import { runLaunch, type RunOptions, type RunResult } from './support/run-launch.ts';
import { turnOf } from './support/turn.ts';

/** What the agent is told to do, in words that every agent can be taught. */
export type Wish =
  | { kind: 'write'; file: string; content: string; say: string }
  /** Makes the file and then works until it is gone. */
  | { kind: 'workWhile'; file: string };

export interface Subject {
  agent: Agent;
  /** The same agent, of a program that is not there. */
  missing: Agent;
  /** Prepares the wish and returns the prompt that leads to it. */
  prompt(wish: Wish, workspace: string): string;
  close(): Promise<void>;
}

interface Told extends RunResult {
  summary: StreamSummary;
}

export function agentContract(name: string, start: () => Promise<Subject>): void {
  describe(`the contract of agents: ${name}`, () => {
    let subject: Subject;
    let scratch: string;
    let workspace: string;

    beforeEach(async () => {
      subject = await start();
      scratch = await mkdtemp(join(tmpdir(), 'holdpoint-agent-'));
      workspace = join(scratch, 'w');
      await mkdir(workspace);
    });
    afterEach(async () => {
      await subject.close();
      await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
    });

    const turn = (wish: Wish, more: Partial<AgentTurn> = {}) => turnOf({ workspace, prompt: subject.prompt(wish, workspace), ...more });

    async function run(wanted: AgentTurn, options: Partial<RunOptions> = {}, agent = subject.agent): Promise<Told> {
      const runDir = join(scratch, 'host', 'runs', wanted.runKey);
      const result = await runLaunch(agent.launch(wanted), { runDir, home: join(scratch, 'home'), ...options });
      const fold = agent.fold();
      for (const line of result.lines) fold.line(line);
      return { ...result, summary: fold.summary(result.exit) };
    }

    const hello: Wish = { kind: 'write', file: 'hello.txt', content: 'hello\n', say: 'Written.' };

    test('what the gate allows is done, and the turn is completed', async () => {
      const wanted = turn(hello);
      const { summary, asked } = await run(wanted);
      expect(summary).toMatchObject({
        outcome: { kind: 'completed', text: 'Written.' }, sessionId: wanted.sessionId, toolCalls: 1, denials: [], bypasses: [], openCall: null,
      });
      expect(asked).toEqual(['Write']);
      expect(await readFile(join(workspace, 'hello.txt'), 'utf8')).toBe('hello\n');
    });

    test('what the gate denies is not done, and is told', async () => {
      const { summary } = await run(turn(hello), { decide: () => 'deny' });
      expect(summary.denials).toEqual([expect.objectContaining({ tool: 'Write', message: expect.stringContaining('not allowed by the plan') as unknown })]);
      expect(existsSync(join(workspace, 'hello.txt'))).toBe(false);
    });

    test('what the gate defers ends the process and names the open call', async () => {
      const { summary } = await run(turn(hello), { decide: () => 'defer' });
      expect(summary.outcome).toMatchObject({ kind: 'deferred', tool: 'Write', input: { content: 'hello\n' } });
      expect(existsSync(join(workspace, 'hello.txt'))).toBe(false);
    });

    test('killed in the middle of a call: interrupted, and the call is named', async () => {
      const { summary } = await run(turn({ kind: 'workWhile', file: 'busy' }), { kill: { whenFile: join(workspace, 'busy'), signal: 'SIGKILL' } });
      expect(summary).toMatchObject({ outcome: { kind: 'interrupted' }, openCall: { toolUseId: expect.any(String) as unknown } });
    });

    test('a second run goes on with the session of the first', async () => {
      const first = turn(hello);
      await run(first);
      const { summary } = await run({ ...turn({ ...hello, file: 'again.txt' }), sessionId: first.sessionId, resume: true, runKey: 'test.project.milestone.1.task.2.1' });
      expect(summary).toMatchObject({ outcome: { kind: 'completed' }, sessionId: first.sessionId });
      expect(existsSync(join(workspace, 'again.txt'))).toBe(true);
    });

    test('a program that is not there fails the turn with a sentence', async () => {
      const { summary } = await run(turn(hello), {}, subject.missing);
      expect(summary.outcome).toMatchObject({ kind: 'failed', reason: 'agent_error', message: expect.stringContaining('could not start') as unknown });
    });

    test('a launch is plain JSON, the same every time, and keeps the prompt off the command line', () => {
      const wanted = turn({ ...hello, say: 'A telling sentence' }, { instructions: 'Instructions for you' });
      const launch = subject.agent.launch(wanted);
      expect(JSON.parse(JSON.stringify(launch))).toEqual(launch);
      expect(subject.agent.launch(wanted)).toEqual(launch);
      expect(launch.spec).toMatchObject({ cwd: workspace, gate: wanted.gate, limits: wanted.limits });
      expect(launch.spec.args.join(' ')).not.toMatch(/telling|Instructions for/);
    });

    test('before anything is printed there is a summary without an outcome, and rubbish does no harm', () => {
      const fold = subject.agent.fold();
      expect(fold.summary(null)).toMatchObject({ outcome: null, toolCalls: 0, costUsd: 0 });
      for (const line of ['', 'rubbish', '[]', 'null', '7', '{"type":1,"message":3}', '{"event":{}}', '{"type":"user","message":{"content":[null]}}']) {
        expect(fold.line(line).kind).toMatch(/unreadable|other/);
      }
      expect(fold.summary(null).outcome).toBeNull();
    });
  });
}
