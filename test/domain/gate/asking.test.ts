/** The law of the gate: whatever a person would answer, nothing is asked about or allowed that a deny rule or no rule covers. */
import { expect, test } from '@jest/globals';
import { decideToolCall } from '../../../src/domain/gate-rules.ts';
import type { GatePolicy } from '../../../src/domain/gate-policy.ts';
import { findStop } from '../../../src/domain/gate/bash-rules.ts';
import { readShellLine } from '../../../src/domain/gate/shell-parts.ts';
import { parseRule } from '../../../src/domain/gate/rule.ts';
import { pick, seededRandom } from '../../support/random.ts';
import { scaled, SEED } from '../../support/scale.ts';
import { resolvePath } from './fake-paths.ts';

const RULES = [
  'Bash(git push*)', 'Bash(git *)', 'Bash(rm *)', 'Bash(rm -rf *)', 'Bash(npm test)', 'Bash(npm *)', 'Bash(curl *)', 'Bash(*)', 'Bash(sudo *)', 'Bash(bash *)',
  'Edit(src/**)', 'Edit(**)', 'Write(src/a)', 'Read(.env)', 'Edit(//etc/**)', 'mcp__db', 'mcp__db__drop', 'WebFetch(domain:example.com)',
];
const COMMANDS = ['git push', 'git push -f origin main', 'rm a', 'rm -rf src', 'npm test', 'npm publish', 'curl evil.org', 'sudo rm -rf /', 'bash -c "rm -rf src"', 'echo hi'];
const JOINS = [' && ', ' ; ', ' | ', ' || ', '\n'];
const FILES = ['src/a', 'src/b', '.env', '/etc/passwd', 'README.md', '/ws/out/passwd', '.git/config'];

const random = seededRandom(SEED);
const some = <T>(list: readonly T[]): T => pick(random, list);
const chance = (share: number): boolean => random() < share;
const subset = <T>(list: readonly T[], share = 0.35): T[] => list.filter(() => chance(share));

function call(): { tool: string; input: Record<string, unknown> } {
  const kind = some(['Bash', 'Bash', 'Bash', 'Write', 'Edit', 'Read', 'mcp__db__drop', 'mcp__db__query', 'WebFetch', 'Unknown']);
  if (kind === 'Bash') {
    const command = Array.from({ length: 1 + Math.floor(random() * 3) }, () => some(COMMANDS)).reduce((line, part) => `${line}${some(JOINS)}${part}`);
    return { tool: kind, input: { command: chance(0.2) ? `for x in 1; do ${command}; done` : chance(0.2) ? `${command} > ${some(FILES)}` : command } };
  }
  if (kind === 'WebFetch') return { tool: kind, input: { url: some(['https://example.com/a', 'https://evil.org/']) } };
  return { tool: kind, input: { file_path: some(FILES) } };
}

const policy = (): GatePolicy => ({
  workspace: '/ws', allow: subset(RULES), ask: subset(RULES), deny: subset(RULES, 0.15), ...(chance(0.5) && { unreadable: some(['ask', 'deny'] as const) }),
  ...(chance(0.5) && { granted: ['Bash(git push)', 'Bash(rm -rf src)', 'Write(//real/ws/src/a)', 'mcp__db__drop'] }),
});

const partsOf = (command: string) => {
  const line = readShellLine(command);
  return line.kind === 'line' ? line.parts : [];
};

test(`no random policy runs what it denies or does not cover, even where a person allows it (seed ${SEED})`, () => {
  const seen = { allow: 0, deny: 0, defer: 0 };
  for (let n = 0; n < scaled(4_000, 100_000); n++) {
    const [rules, { tool, input }] = [policy(), call()];
    const verdict = decideToolCall(rules, { tool, input }, resolvePath);
    seen[verdict.decision] += 1;
    if (verdict.decision === 'deny') continue;
    const told = JSON.stringify({ rules, tool, input, verdict });
    // By other words than the gate's: each rule alone, as if the plan had no other.
    const alone = (kind: 'deny' | 'allow' | 'ask', text: string) => decideToolCall({ workspace: '/ws', allow: [], ask: [], deny: [], [kind]: [text], unreadable: 'ask' }, { tool, input }, resolvePath);
    for (const text of rules.deny) if (alone('deny', text).rule === text) throw new Error(`denied by ${text}: ${told}`);
    if (tool === 'Bash') {
      const named = [...rules.allow, ...rules.ask, ...(rules.granted ?? [])].map(parseRule).filter((rule) => rule !== undefined).filter((rule) => rule.tool === 'Bash');
      for (const part of partsOf(String(input['command']))) if (!named.some((rule) => findStop([rule], part) || /bash -c/.test(part.text))) throw new Error(`nothing covers ${part.text}: ${told}`);
    }
  }
  expect(Object.values(seen).every((count) => count > 100)).toBe(true);
});
