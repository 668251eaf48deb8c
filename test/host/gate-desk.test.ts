/** A person's answer at the gate: for one call, once, and never against the plan. */
import { describe, expect, test } from '@jest/globals';
import type { GatePolicy, GivenAnswer } from '../../src/domain/gate-policy.ts';
import { inputSha256 } from '../../src/domain/input-sha256.ts';
import { openDesk } from '../../src/host/gate/gate-desk.ts';

describe('an answer at the desk', () => {
  const base: GatePolicy = { workspace: process.cwd(), allow: ['Bash(echo *)'], ask: ['Bash(git push*)'], deny: ['Bash(git push -f*)'], questions: true };
  const made = (command: string, toolUseId: string | null = 't1', agentId: string | null = null) => ({ tool: 'Bash', input: { command }, toolUseId, agentId });
  const answer = (command: string, more: Partial<GivenAnswer> = {}): GivenAnswer =>
    ({ toolUseId: 't1', tool: 'Bash', inputSha256: inputSha256({ command }), decision: 'allow', note: null, ...more });
  const decisions = (given: GatePolicy, calls: ReturnType<typeof made>[]): string[] => {
    const desk = openDesk(given, '/home/me');
    return calls.map((one) => desk(one).decision);
  };

  test('the first call that needs one waits; whatever follows comes again, also what the plan allows', () => {
    expect(decisions(base, [made('echo hi'), made('git push a'), made('git push b', 't2'), made('echo hi', 't3'), made('rm x', 't4')])).toEqual(['allow', 'defer', 'deny', 'deny', 'deny']);
  });

  test('it is for the same input, once', () => {
    const given = { ...base, answer: answer('git push a') };
    expect(decisions(given, [made('git push a'), made('git push a', 't2')])).toEqual(['allow', 'defer']);
    expect(decisions(given, [made('git push b')])).toEqual(['defer']);
    expect(decisions(given, [made('git push a', 'another session')])).toEqual(['allow']);
    expect(decisions({ ...base, answer: answer('git push a', { tool: 'Write' }) }, [made('git push a')])).toEqual(['defer']);
  });

  test('it allows nothing that a rule denies, or no rule covers', () => {
    for (const command of ['git push -f a', 'git push a && rm x', 'rm x']) expect(decisions({ ...base, answer: answer(command) }, [made(command)])).toEqual(['deny']);
  });

  test('a refusal carries the note, an allowance too', () => {
    expect(openDesk({ ...base, answer: answer('git push a', { decision: 'deny', note: 'not on Fridays' }) }, '/')(made('git push a'))).toMatchObject({ decision: 'deny', message: expect.stringContaining('not on Fridays') });
    expect(openDesk({ ...base, answer: answer('git push a', { note: 'go on' }) }, '/')(made('git push a'))).toMatchObject({ decision: 'allow', note: expect.stringContaining('go on') });
  });

  test('nobody is asked about a subagent, or a call without an id', () => {
    expect(decisions(base, [made('git push a', 't1', 'agent-1'), made('git push a', null), made('git push a')])).toEqual(['deny', 'deny', 'defer']);
  });

  test('questions: deferred, then answered by their order; never by the plan that has them off', () => {
    const input = { questions: [{ question: 'Colour?', options: [] }, { question: 'Size?' }] };
    const ask = { tool: 'AskUserQuestion', input, toolUseId: 't1', agentId: null };
    const given: GivenAnswer = { toolUseId: 't1', tool: 'AskUserQuestion', inputSha256: inputSha256(input), decision: 'allow', note: null, answers: ['red', 'S'] };
    expect(openDesk(base, '/')(ask)).toMatchObject({ decision: 'defer', asked: { kind: 'question' } });
    expect(openDesk({ ...base, answer: given }, '/')(ask)).toMatchObject({ decision: 'allow', updatedInput: { ...input, answers: { 'Colour?': 'red', 'Size?': 'S' } } });
    expect(openDesk({ ...base, questions: false, answer: given }, '/')(ask)).toMatchObject({ decision: 'deny', message: expect.stringContaining('decide yourself') });
    const silent: GivenAnswer = { toolUseId: 't1', tool: 'AskUserQuestion', inputSha256: inputSha256(input), decision: 'allow', note: null };
    expect(openDesk({ ...base, answer: silent }, '/')(ask)).toMatchObject({ decision: 'deny', message: expect.stringContaining('Decide yourself') });
  });
});
