import { describe, expect, test } from '@jest/globals';
import { GOOD_PLAN, goodPlan, mistakes } from '../support/plans.ts';

const withAgent = (line: string): string => `${GOOD_PLAN}agent: {${line}}\n`;

describe('instructions', () => {
  test.each([
    ['a missing file', 'AGENT.md', 'there is no file "AGENT.md" beside the plan'],
    ['a file above', '../AGENT.md', '"../AGENT.md" must be a file in the folder of the plan or below it'],
    ['above and back', '../plans/AGENT.md', '"../plans/AGENT.md" must be a file in the folder of the plan or below it'],
    ['a detour above', 'a/../../AGENT.md', '"a/../../AGENT.md" must be a file in the folder of the plan or below it'],
    ['an absolute path', '/etc/passwd', '"/etc/passwd" must be a file in the folder of the plan or below it'],
    ['a large file', 'large.md', '"large.md" has 262145 bytes, at most 262144 are read'],
    ['a secret in it', 'secret.md',
      '"secret.md" looks like a secret; plans are stored and shown (keep it in an environment variable or a file, and name that)'],
  ])('%s is refused at its line', (_, name, message) => {
    const asked: string[] = [];
    const files: Record<string, string> = { 'large.md': 'x'.repeat(262_145), 'secret.md': 'use ghp_abcdefghijklmnopqrstuvwx' };
    const told = mistakes(withAgent(`instructions: ${name}`), {
      readFile: (asking) => {
        asked.push(asking);
        return files[asking] ?? null;
      },
    });
    expect(told).toEqual([`12:23 agent.instructions: ${message}`]);
    expect(asked.filter((path) => path.includes('..') || path.startsWith('/'))).toEqual([]);
  });

  test('a file that cannot be read (a folder, no permission) is a mistake like others', () => {
    const readFile = (): string => {
      throw new Error('EISDIR');
    };
    expect(mistakes(withAgent('instructions: docs'), { readFile })).toEqual(['12:23 agent.instructions: "docs" cannot be read']);
  });

  test('a file in a folder below is read', () => {
    expect(goodPlan(withAgent('instructions: ./notes/../notes/a.md'),
      { files: { './notes/../notes/a.md': 'Hi' } }).plan.agent.instructions).toBe('Hi');
  });
});

describe('mcp', () => {
  test('files, in the shape of .mcp.json or bare, become one map', () => {
    const files = { 'a.json': '{"mcpServers": {"one": {"command": "one", "args": ["x"]}}}',
      'b.json': '{"two": {"type": "http", "url": "https://two"}}' };
    expect(goodPlan(withAgent('mcp: [a.json, b.json]'), { files }).plan.agent.mcp).toEqual({
      one: { command: 'one', args: ['x'] }, two: { type: 'http', url: 'https://two' },
    });
  });

  test('mistakes name the file and the place in it', () => {
    const files = {
      'broken.json': '{', 'both.json': '{"s": {"command": "x", "url": "y"}}', 'twice.json': '{"a": {"command": "x"}}',
        'again.json': '{"a": {"command": "y"}}',
      'literal.json': '{"gh": {"command": "x", "env": {"API_KEY": "0123456789"}}}', 'list.json': '[1]',
    };
    expect(mistakes(withAgent(`mcp: [${Object.keys(files).join(', ')}, none.json]`), { files })).toEqual([
      '12:15 agent.mcp[0]: "broken.json" is not JSON',
      '12:28 agent.mcp[1]: "both.json": s needs either command or url',
      '12:51 agent.mcp[3]: "again.json": a is a server of an earlier file too',
      '12:63 agent.mcp[4]: "literal.json": gh.env.API_KEY looks like a secret; plans are stored and shown (write ${NAME})',
      '12:77 agent.mcp[5]: "list.json": must be a mapping, found a list',
      '12:88 agent.mcp[6]: there is no file "none.json" beside the plan',
    ]);
  });

  test('inline servers keep keys that are the agent\'s business', () => {
    expect(goodPlan(withAgent('mcp: {docs: {url: "https://x", type: sse, timeout: 3}}')).plan.agent.mcp).toEqual({
      docs: { url: 'https://x', type: 'sse', timeout: 3 },
    });
  });
});
