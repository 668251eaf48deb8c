import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScripted, scriptedPrompt, type ScriptedStep } from '../../src/agents/scripted.ts';
import type { AgentTurn } from '../../src/domain/agent.ts';
import { agentContract, type Wish } from './contract.ts';
import { runLaunch } from './support/run-launch.ts';
import { turnOf } from './support/turn.ts';

const stepsFor = (wish: Wish): ScriptedStep[] =>
  (wish.kind === 'write'
    ? [{ write: wish.file, content: wish.content }, { say: wish.say }]
    : [{ run: `touch ${wish.file}; while [ -e ${wish.file} ]; do sleep 0.1; done` }]);

agentContract('scripted', async () => ({
  agent: createScripted({ command: process.execPath }),
  missing: createScripted({ command: '/nonexistent/node' }),
  prompt: (wish) => `Do this:\n${scriptedPrompt(stepsFor(wish))}\nThank you.`,
  close: async () => undefined,
}));

async function play(steps: ScriptedStep[], more: Partial<AgentTurn> = {}) {
  const workspace = await mkdtemp(join(tmpdir(), 'holdpoint-scripted-'));
  try {
    const agent = createScripted({ command: process.execPath });
    const result = await runLaunch(agent.launch(turnOf({ workspace, prompt: scriptedPrompt(steps), ...more })), { runDir: join(workspace, 'run'), home: workspace });
    const fold = agent.fold();
    const events = result.lines.map((line) => fold.line(line));
    return { ...result, events, summary: fold.summary(result.exit), log: await readFile(join(workspace, 'log'), 'utf8').catch(() => '') };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

test('steps may belong to one attempt or one run', async () => {
  const steps: ScriptedStep[] = [
    { append: 'log', content: 'every ' }, { turn: 1, append: 'log', content: 'first' },
    { turn: 2, append: 'log', content: 'second' }, { turn: 2, seq: 2, append: 'log', content: ' again' },
  ];
  expect((await play(steps, { runKey: 'i.p.m.1.t.1.1' })).log).toBe('every first');
  expect((await play(steps, { runKey: 'i.p.m.1.t.2.1' })).log).toBe('every second');
  expect((await play(steps, { runKey: 'i.p.m.1.t.2.2' })).log).toBe('every second again');
});

test('any outcome can be scripted, with its cost', async () => {
  const outcome = { kind: 'limited' as const, until: '2100-01-01T00:00:00.000Z', message: 'later' };
  const { summary } = await play([{ cost: 0.5 }, { cost: 0.25 }, { end: outcome }]);
  expect(summary).toMatchObject({ outcome, costUsd: 0.75 });
});

test('an exit without a result is an interruption, a raw line is kept, lines can come in numbers', async () => {
  const { summary, events, exit } = await play([{ raw: 'not json' }, { lines: 100 }, { exit: 7 }]);
  expect([exit.code, summary.outcome?.kind]).toEqual([7, 'interrupted']);
  expect(events.filter((event) => event.kind === 'text')).toHaveLength(100);
  expect(events[1]).toEqual({ kind: 'unreadable', text: 'not json', json: null });
});

test('a flow of numbered lines ends when its file is there', async () => {
  const { events } = await play([{ write: 'now' }, { until: 'now', everyMs: 1 }, { lines: 2 }]);
  expect(events.filter(({ kind }) => kind === 'text').map(({ text }) => text)).toEqual(['line 1', 'line 2']);
});

test('an unknown step fails the turn', async () => {
  const { summary } = await play([{ dance: true } as unknown as ScriptedStep]);
  expect(summary.outcome).toEqual({ kind: 'failed', reason: 'agent_error', message: 'unknown step {"dance":true}' });
});
