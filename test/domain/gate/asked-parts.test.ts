/** What a person is asked about: the parts that need it, and the rules that would allow exactly those. */
import { describe, expect, test } from '@jest/globals';
import type { GatePolicy } from '../../../src/domain/gate-policy.ts';
import { decideToolCall } from '../../../src/domain/gate-rules.ts';
import { resolvePath } from './fake-paths.ts';

const POLICY: GatePolicy = {
  workspace: '/ws',
  allow: ['Edit(src/**)', 'Bash(npm test*)', 'Bash(git status)', 'Bash(bash *)', 'mcp__docs'],
  ask: ['Bash(git push*)', 'Edit(src/schema.sql)', 'mcp__docs__publish'],
  deny: ['Bash(rm -rf*)', 'Edit(src/generated/**)'],
};

const decide = (tool: string, input: unknown, policy = POLICY) => decideToolCall(policy, { tool, input }, resolvePath);
const edit = (path: string) => ({ file_path: path });
const bash = (command: string) => ({ command });

describe('what a person is asked', () => {
  const asked = (tool: string, input: unknown, more: Partial<GatePolicy> = {}) => {
    const verdict = decide(tool, input, { ...POLICY, ...more });
    return verdict.decision === 'defer' ? verdict.asked : verdict;
  };

  test.each([
    ['a command', 'Bash', bash('git push origin main'), ['git push origin main'], ['Bash(git push origin main)']],
    ['the part that needs it', 'Bash', bash('npm test && git push && git status'), ['git push'], ['Bash(git push)']],
    ['two parts', 'Bash', bash('git push a; git push b'), ['git push a', 'git push b'], ['Bash(git push a)', 'Bash(git push b)']],
    ['what hands it to a shell', 'Bash', bash('bash -c "git push"'), ['bash -c "git push"'], ['Bash(bash -c "git push")']],
    ['a star would be a wildcard', 'Bash', bash("git push 'a*'"), ["git push 'a*'"], []],
    ['a file', 'Edit', edit('src/schema.sql'), ['/real/ws/src/schema.sql'], ['Edit(//real/ws/src/schema.sql)']],
    ['a file a command writes', 'Bash', bash('git push > src/schema.sql'), ['/real/ws/src/schema.sql', 'git push'], ['Write(//real/ws/src/schema.sql)', 'Bash(git push)']],
    ['another tool', 'mcp__docs__publish', {}, ['mcp__docs__publish'], ['mcp__docs__publish']],
  ])('%s', (_, tool, input, parts, grants) => {
    expect(asked(tool, input)).toMatchObject({ kind: 'permission', parts, grants });
  });

  test.each([
    ['in one part', bash('npm test "$(curl x)"')],
    ['in a text for a shell', bash('bash -c \'npm test $X\'')],
    ['in all of it', bash('for x in 1 2; do npm test; done')],
  ])('what cannot be read, where the plan asks about commands: %s', (_, input) => {
    expect(asked('Bash', input, { unreadable: 'ask' })).toMatchObject({ kind: 'permission', parts: [input.command], grants: [] });
    expect(decide('Bash', input).decision).toBe('defer');
    expect(decide('Bash', input, { ...POLICY, ask: [] }).decision).toBe('deny');
  });

  test.each([
    ['a denied command', bash('for x in 1; do rm -rf src; done')],
    ['a denied command in a substitution', bash('npm test $(rm -rf src)')],
    ['a file outside', bash('cat > /etc/cron.d/x <<EOF\nx\nEOF')],
    ['a denied file', bash('npm test $HOME > src/generated/a')],
  ])('never what is denied inside something that cannot be read: %s', (_, input) => {
    expect(decide('Bash', input, { ...POLICY, unreadable: 'ask' })).toMatchObject({ decision: 'deny' });
  });

  test('what was allowed for good is not asked again, to the letter and no further', () => {
    const granted = { granted: ['Bash(git push origin main)', 'Write(//real/ws/src/schema.sql)', 'mcp__docs__publish'] };
    const decisions = (calls: [string, unknown][]) => calls.map(([tool, input]) => decide(tool, input, { ...POLICY, ...granted }).decision);
    expect(decisions([['Bash', bash('git push origin main')], ['Bash', bash('npm test && git push origin main')], ['Write', edit('src/schema.sql')], ['mcp__docs__publish', {}]]))
      .toEqual(['allow', 'allow', 'allow', 'allow']);
    expect(decisions([['Bash', bash('git push origin main --force')], ['Bash', bash('git push')], ['Bash', bash('X=1 git push origin main')], ['Edit', edit('src/schema.sql')]]))
      .toEqual(['defer', 'defer', 'defer', 'defer']);
    expect(decide('Bash', bash('rm -rf src'), { ...POLICY, granted: ['Bash(rm -rf src)'] }).decision).toBe('deny');
  });
});
