/** A run that lives: it gets on, it stalls, or it has said its last word and stays. Real processes; only a person ends a stalled one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createActivities } from '../../src/activities/index.ts';
import type { RunReport } from '../../src/activities/contract.ts';
import { createScripted } from '../../src/agents/scripted.ts';
import { openBreakpoint, answerBreakpoint } from '../../src/db/breakpoints.ts';
import { eventsOf } from '../../src/db/events.ts';
import { readStatus } from '../../src/db/status.ts';
import type { Agent } from '../../src/domain/agent.ts';
import { HoldpointError } from '../../src/domain/failure-kind.ts';
import type { OpenBreakpoint } from '../../src/domain/questions.ts';
import type { WatchdogPolicy } from '../../src/domain/watchdog.ts';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const HOUR = 3_600_000;
const never: WatchdogPolicy = { silentAfterMs: HOUR, silentInToolAfterMs: HOUR, sameCalls: 500, exitAfterMs: HOUR };

/** A project whose agent has begun its first run, and its key. */
async function begun(name: string, watchdog: Partial<WatchdogPolicy>, { steps, change }: ProjectOptions = {}): Promise<{ play: Play; key: string }> {
  const play = await bench.project(name, { ...(steps && { steps }), change: (plan) => {
    plan.policy.watchdog = { ...never, ...watchdog };
    change?.(plan);
  } });
  await play.claim();
  return { play, key: await play.begin() };
}

const alive = (key: string): number[] => pidsWith(`HOLDPOINT_RUN=${key}`);
const touch = (play: Play, file: string): void => writeFileSync(join(play.workspace, file), '');
const notes = async (play: Play, kind: string): Promise<string[]> =>
  (await eventsOf(bench.deps.db, { project: play.plan.project })).filter((event) => event.kind === kind).map(({ message }) => message);

function stalledIn(report: RunReport): Extract<RunReport, { outcome: 'stalled' }> {
  if (report.outcome !== 'stalled') throw new Error(`it ${report.outcome}`);
  return report;
}

const liveness = async (play: Play): Promise<unknown> => {
  const { projects } = await readStatus(bench.deps.db, play.plan.project);
  return projects[0]?.milestones[0]?.tasks[0]?.turns[0]?.runs[0]?.liveness;
};

describe('silent', () => {
  test('is told with nothing ended; more output is "it goes on"; its end is taken as usual', async () => {
    const { play, key } = await begun('silent', { silentInToolAfterMs: 600 }, { steps: [{ waitFor: 'go' }, { waitFor: 'end' }, { say: 'done' }] });
    const first = stalledIn(await play.run());
    expect(first).toMatchObject({ kind: 'silent', message: expect.stringMatching(/^The agent lives and has said nothing for 1 s while Read runs\.$/) });
    const [pid] = alive(key);
    expect(pid).toBeDefined();
    expect(await liveness(play)).toBe('silent');

    const known = { question: 'q', kind: first.kind, offset: first.offset };
    const rest = play.start(1, 1, bench.activities, known);
    touch(play, 'go');
    expect(await rest.result).toEqual({ outcome: 'goesOn' });
    expect(await liveness(play)).toBe('producing');

    const second = stalledIn(await play.run());
    const last = play.start(1, 1, bench.activities, { ...known, offset: second.offset });
    touch(play, 'end');
    const end = await last.result;
    expect(end.outcome === 'goesOn' ? await play.run() : end).toMatchObject({ outcome: 'completed', message: 'done' });
    expect(await play.runRow()).toMatchObject({ pid, state: 'exited', exit: { reason: 'exited' } });
    expect(await liveness(play)).toBeNull();
  });

  test('a person who waits begins the watch anew: it is told again', async () => {
    const { play } = await begun('waited', { silentInToolAfterMs: 400 }, { steps: [{ waitFor: 'go' }] });
    const { kind, offset } = stalledIn(await play.run());
    const question: OpenBreakpoint = {
      id: 'waited/slugs/work.1/stalled.1', kind: 'stalled', occurrence: 1, priority: 'medium', project: 'waited', milestone: 'slugs', task: 'work', turn: 1,
      openedAt: new Date().toISOString(), reason: '', actions: ['wait'], noteRequired: [], tree: null,
    };
    const { db } = bench.deps;
    await openBreakpoint(db, { workflowId: 'w', runId: 'r' }, question);
    const following = play.start(1, 1, bench.activities, { question: question.id, kind, offset });
    await eventually(() => following.heartbeats.some((beat) => ((beat as { silentMs?: number } | null)?.silentMs ?? 0) > 800), { what: 'twice the time without being told again' });
    await answerBreakpoint(db, { id: question.id, action: 'wait', note: null, by: 'ann', via: 'update', at: new Date().toISOString() });
    expect(await following.result).toMatchObject({ outcome: 'stalled', kind: 'silent', offset });
    touch(play, 'go');
  });

  test('while its host does not answer, nothing is said of the agent', async () => {
    let isAway = false;
    const { hosts } = bench.deps;
    const link: typeof hosts.link = (name) => (isAway ? Promise.reject(new HoldpointError('host_unreachable', 'away')) : hosts.link(name));
    const activities = createActivities({ ...bench.deps, hosts: { ...hosts, link } });
    const { play } = await begun('away', { silentInToolAfterMs: 4_000 }, { steps: [{ waitFor: 'go' }], change: (plan) => { plan.policy.hostPatienceMs = 60_000; } });
    const following = play.start(1, 1, activities);
    const isSilent = (): boolean => following.heartbeats.some((beat) => ((beat as { silentMs?: number } | null)?.silentMs ?? 0) > 0);
    await eventually(isSilent, { timeoutMs: 60_000, everyMs: 50, what: 'the first second of silence' });
    isAway = true;
    const before = following.heartbeats.length;
    await eventually(() => following.heartbeats.length > before + 5, { timeoutMs: 60_000, what: 'five seconds without a host' });
    isAway = false;
    // Counted by looks that were answered: four seconds of them, however long the host was away.
    expect(stalledIn(await following.result).message).toContain('for 4 s');
    touch(play, 'go');
  });

  test('where the plan asks nobody, it is noted once and followed on', async () => {
    const off = { steps: [{ waitFor: 'go' }], change: (plan: Play['plan']) => { plan.policy.breakpoints.stalled = { enabled: false, priority: null }; } };
    const { play } = await begun('off', { silentInToolAfterMs: 300 }, off);
    const following = play.start();
    await eventually(async () => (await notes(play, 'stalled')).length > 0, { what: 'the note' });
    touch(play, 'go');
    expect(await following.result).toMatchObject({ outcome: 'completed' });
    expect(await notes(play, 'stalled')).toHaveLength(1);
  });
});

test('a loop of the same calls is told; another call is "it goes on"', async () => {
  const same = Array.from({ length: 12 }, () => ({ run: 'sleep 0.3' }));
  const { play, key } = await begun('loop', { sameCalls: 3, exitAfterMs: 400 }, { steps: [...same, { waitFor: 'go' }] });
  const { kind, message, offset } = stalledIn(await play.run());
  expect({ kind, message }).toEqual({ kind: 'loop', message: 'The agent has made the same call of Bash 3 times with nothing else between.' });
  expect(alive(key)).not.toEqual([]);
  expect(await liveness(play)).toBe('producing');
  expect(await play.start(1, 1, bench.activities, { question: 'q', kind, offset }).result).toEqual({ outcome: 'goesOn' });
  touch(play, 'go');
  expect(await play.run()).toMatchObject({ outcome: 'completed', toolCalls: 13 });
});

describe('after its last word', () => {
  const RESULT = '{"event":"init","session":"s"}\\n{"event":"result","outcome":{"kind":"completed","text":"all done"},"costUsd":1}\\n';

  function agentOf(name: string, line: string): ProjectOptions {
    const scripted = createScripted({ command: process.execPath });
    const launch: Agent['launch'] = (turn) => {
      const { spec, secrets } = scripted.launch(turn);
      return { spec: { ...spec, command: '/bin/sh', args: ['-c', line] }, secrets };
    };
    bench.agents.set(name, { ...scripted, name, launch });
    return { change: (plan) => { plan.agent.name = name; } };
  }

  test('a process that stays is ended with all it started, and the turn counts by its result', async () => {
    const { play, key } = await begun('stays', { exitAfterMs: 500 }, agentOf('stays', `trap '' INT; sleep 611 & printf '${RESULT}'; sleep 612; sleep 613`));
    expect(await play.run()).toMatchObject({ outcome: 'completed', message: 'all done', costUsd: 1 });
    expect(alive(key)).toEqual([]);
    expect(await play.runRow()).toMatchObject({ exit: { reason: 'cancelled' } });
    expect(await play.row()).toMatchObject({ outcome: { kind: 'completed' } });
    expect(await notes(play, 'run_overdue')).toEqual([expect.stringMatching(/^the agent had said its last word 1 s before and stayed: ended .*sleep 61\d.*; nothing is left \((marker|cgroup)\)$/)]);
    expect(await play.run()).toMatchObject({ outcome: 'completed' });
  });

  test('signs of life after it give it more time', async () => {
    const beats = 'while [ ! -e go ]; do printf \'{"event":"beat"}\\n\'; sleep 0.2; done; sleep 614';
    const { play, key } = await begun('beats', { exitAfterMs: 10_000 }, agentOf('beats', `printf '${RESULT}'; ${beats}`));
    const following = play.start();
    await eventually(async () => (await play.runRow()).outOffset > RESULT.length + 20 * 17, { timeoutMs: 60_000, what: 'twenty signs of life' });
    expect(alive(key)).not.toEqual([]);
    touch(play, 'go');
    expect(await following.result).toMatchObject({ outcome: 'completed', message: 'all done' });
  });
});
