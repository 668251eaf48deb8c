/** What changed, from outside: `diff` while a turn runs and afterwards, as a patch, by call and by path; `blame` over turns. */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { scriptedPrompt, type ScriptedStep } from '../../src/agents/scripted.ts';
import { startCli, type RunningCli } from '../support/cli.ts';
import { documentOf, errorOf, linesOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { treeOf, walk } from '../support/tree-walk.ts';
import { asked, codeOf, planFile, reached, withScriptedAgent } from './plans.ts';

jest.setTimeout(300_000);

let service: Service;
let before: string;
const following: RunningCli[] = [];

const FIRST: ScriptedStep[] = [
  { append: 'list', content: 'two\n' }, { write: 'src/new.js', content: 'a\nb\n' }, { waitFor: 'go' },
  { run: `printf '\\000\\001' > binary; chmod +x tool; rm old; ln -s list link` }, { append: 'list', content: 'three\n' },
];
const SECOND: ScriptedStep[] = [{ run: 'git mv list names 2>/dev/null || mv list names' }, { append: 'names', content: 'five\n' }, { write: 'src/more.js', content: 'c\n' }];

const milestone = (id: string, steps: ScriptedStep[]) =>
  ({ id, title: id, tasks: [{ id: `${id}-work`, instructions: scriptedPrompt(steps), acceptance: ['it is there'] }] });

beforeAll(async () => {
  service = await startService(withScriptedAgent());
  const policy = { permissions: { allow: ['Write(**)', 'Edit(**)', 'Bash(*)'] }, hostPatience: '5s' };
  const plan = planFile(service, { project: 'files', checks: [{ name: 'ok', run: 'true' }], more: { policy, milestones: [milestone('m', FIRST), milestone('n', SECOND)] } });
  const code = codeOf(service, 'files');
  for (const [name, text] of Object.entries({ list: 'one\n', tool: '#!/bin/sh\n', old: 'old\n', bystander: 'quiet\n' })) writeFileSync(join(code, name), text);
  before = join(service.dir, 'before');
  cpSync(code, before, { recursive: true });
  expect(await service.cli('start', plan)).toMatchObject({ code: 0, stdout: expect.stringContaining('started files') });
});
afterAll(async () => {
  for (const one of following) await one.end('SIGKILL');
  await service.close();
});

const code = (...path: string[]): string => join(codeOf(service, 'files'), ...path);
const json = (...args: string[]) => service.cli(...args, '--json');
const follow = (...args: string[]): RunningCli => {
  following.push(startCli(args, { env: service.env, cwd: service.dir }));
  return following.at(-1) as RunningCli;
};

/** A copy of a folder with a patch applied by git, as a tree id. */
function applied(folder: string, name: string, patch: string): string {
  const copy = join(service.dir, name);
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  const { status, stderr } = spawnSync('git', ['apply', '--whitespace=nowarn'], { cwd: copy, input: patch });
  if (status !== 0) throw new Error(stderr.toString());
  return treeOf(walk(copy));
}

describe('while a turn runs', () => {
  test('diff -f tells of changes as they happen, and status counts them', async () => {
    await reached(service, 'files', ({ milestones: [m] }) => m?.tasks[0]?.turns.length === 1, 'its first turn');
    const live = follow('diff', 'files/m/m-work.1', '-f');
    const lines = follow('diff', 'files/m/m-work.1', '-f', '--path', 'src', '--json');
    await live.printed(/m-work\.1 modify list {2}\+1 −0/);
    await live.printed(/m-work\.1 add src\/new\.js {2}\+2 −0/);
    await lines.printed('src/new.js');
    const [project] = documentOf('status', await json('status', 'files')).projects;
    expect(project?.milestones[0]?.tasks[0]).toMatchObject({ state: 'running', changedFiles: 2 });
    expect(errorOf(await json('diff', 'files/m/m-work.1'))).toMatchObject({ kind: 'unknown_target', hint: expect.stringContaining('diff files/m/m-work.1 -f') });
    writeFileSync(code('go'), '');
    expect(await Promise.all([live.exited, lines.exited])).toEqual([0, 0]);
    expect(live.stdout()).toMatch(/\nop +path +added +removed +by\nadd +binary +binary +binary/);
    const told = linesOf('diff-line', { stdout: lines.stdout() });
    expect([...new Set(told.map(({ path }) => path))]).toEqual(['src/new.js']);
    expect([told[0]?.final, told.at(-1)?.final]).toEqual([false, true]);
  });
});

async function endFirstTurn(): Promise<void> {
  // Once it is under way: what is there before it begins is none of its changes.
  await eventually(() => existsSync(code('src/new.js')), { timeoutMs: 60_000, what: 'the first turn to wait' });
  writeFileSync(code('go'), '');
  await asked(service, 'files/m/milestone_completion.1');
}

describe('of a turn that has ended', () => {
  beforeAll(endFirstTurn);

  test('the patch is what happened: applied to the files before, it gives the files after', async () => {
    const { stdout, code: exit } = await service.cli('diff', 'files/m', '--patch');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^diff --git /);
    expect(applied(before, 'whole', stdout)).toBe(treeOf(walk(code())));
  });

  test('the text for reading applies as well where there is no binary file', async () => {
    const { stdout } = await service.cli('diff', 'files/m/m-work.1', '--path', 'list', '--path', './src/');
    expect(stdout).toMatch(/^op +path +added +removed +by\n/);
    const expected = walk(before);
    for (const [path, entry] of walk(code())) if (path === 'list' || path.startsWith('src/')) expected.set(path, entry);
    expect(applied(before, 'parts', stdout)).toBe(treeOf(expected));
  });

  test('changes have their kinds, and are restricted to a path or a call', async () => {
    const { changes } = documentOf('diff', await json('diff', 'files/m/m-work.1'));
    expect(changes.map(({ op, path }) => `${op} ${path}`)).toEqual(['add binary', 'add go', 'add link', 'modify list', 'delete old', 'add src/new.js', 'mode tool']);
    expect(changes.find(({ path }) => path === 'binary')).toMatchObject({ added: null, removed: null, sizeAfter: 2 });
    expect(changes.find(({ path }) => path === 'tool')).toMatchObject({ mode: '100755' });
    const by = changes.find(({ path }) => path === 'src/new.js')?.by;
    expect(by).toMatchObject({ kind: 'tool', tool: 'Write' });
    const ofCall = documentOf('diff', await json('diff', 'files', '--call', by?.toolUseId ?? ''));
    expect(ofCall.changes).toMatchObject([{ op: 'add', path: 'src/new.js', by }]);
    const text = await service.cli('diff', 'files', '--call', by?.toolUseId ?? '');
    expect(text.stdout).toMatch(/\n\ndiff --git a\/src\/new\.js b\/src\/new\.js\n[^]*\+a\n\+b\n$/);
    expect(text.stdout.match(/diff --git/g)).toHaveLength(1);
    const unknown = await json('diff', 'files', '--call', 'toolu_nobody');
    expect({ code: unknown.code, kind: errorOf(unknown).kind }).toEqual({ code: 3, kind: 'unknown_target' });
    expect(await service.cli('diff', 'files', '--path', 'nothing')).toMatchObject({ code: 0, stdout: 'nothing changed\n' });
    expect(await service.cli('diff', 'files', '--path', 'nothing', '--patch')).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('over several turns', () => {
  beforeAll(async () => {
    await endFirstTurn();
    appendFileSync(code('list'), 'four\n');
    expect(await service.cli('answer', 'files/m/milestone_completion.1', 'approve')).toMatchObject({ code: 0 });
    // What was approved is not what is there any more: it is asked about again.
    await asked(service, 'files/m/milestone_completion.2');
    expect(await service.cli('answer', 'files/m/milestone_completion.2', 'approve')).toMatchObject({ code: 0 });
    await asked(service, 'files/n/milestone_completion.1');
  });

  test('blame follows lines over turns, a person between them, and a rename', async () => {
    expect(readFileSync(code('names'), 'utf8')).toBe('one\ntwo\nthree\nfour\nfive\n');
    const file = documentOf('blame', await json('blame', 'names'));
    expect(file).toMatchObject({ project: 'files', path: 'names', forgotten: 0 });
    const who = file.lines.map(({ text, path, by }) => `${text}: ${[path, by.kind, by.milestone, by.turn, by.tool].filter(Boolean).join(' ')}`);
    expect(who).toEqual(['one: list before', 'two: list tool m 1 Edit', 'three: list tool m 1 Edit', 'four: list other', 'five: names tool n 1 Edit']);
    expect(file.lines[1]?.by.toolUseId).toEqual(expect.any(String));
    const { stdout } = await service.cli('blame', code('names'), '--project', 'files');
    expect(stdout).toMatch(/^before Holdpoint +1 {2}one\nm\/m-work\.1 Edit \S+ +2 {2}two\n[^]*somebody else +4 {2}four\nn\/n-work\.1 Edit \S+ +5 {2}five\n$/);
  });

  test('blame says what it cannot tell', async () => {
    const kind = async (...args: string[]) => { const result = await json('blame', ...args); return [result.code, errorOf(result).kind]; };
    expect(await kind('binary')).toEqual([2, 'bad_input']);
    expect(await kind('no/such')).toEqual([3, 'unknown_target']);
    expect(await kind('/etc/passwd')).toEqual([2, 'bad_input']);
    expect(await kind('names', '--project', 'nobody')).toEqual([3, 'unknown_project']);
  });

  test('diff of the project is the net change, without what a person did in between to other files', async () => {
    const { changes } = documentOf('diff', await json('diff', 'files'));
    expect(changes.map(({ op, path }) => `${op} ${path}`)).toEqual(
      ['add binary', 'add go', 'add link', 'delete list', 'add names', 'delete old', 'add src/more.js', 'add src/new.js', 'mode tool']);
    const { stdout } = await service.cli('diff', 'files', '--patch');
    expect(applied(before, 'net', stdout)).toBe(treeOf(walk(code())));
  });
});

describe('checkpoints', () => {
  /** Repositories that hold checkpoints, of whichever state folder the service has. */
  const stores = (): string[] =>
    execFileSync('find', [service.dir, '-type', 'd', '-path', '*/shadow/*/repository']).toString().split('\n').filter(Boolean);

  test('are listed with what they hold, of a turn or of all', async () => {
    const { checkpoints } = documentOf('checkpoints', await json('checkpoints', 'files'));
    expect(checkpoints.length).toBeGreaterThan(4);
    const ofTurn = documentOf('checkpoints', await json('checkpoints', 'files/m/m-work.1')).checkpoints;
    expect(ofTurn.map(({ task, turn }) => [task, turn])).toEqual([['m-work', 1], ['m-work', 1]]);
    expect(ofTurn.every(({ files, bytes, notCovered }) => files > 3 && bytes > 0 && notCovered.length === 0)).toBe(true);
    expect((await service.cli('checkpoints', 'files')).stdout).toMatch(/id +milestone +taken +at +files +size\n\d+ /);
    expect(errorOf(await json('checkpoints', 'nobody'))).toMatchObject({ kind: 'unknown_project' });
  });

  test('are read again; damage is loud', async () => {
    const part = documentOf('checkpoints-verify', await json('checkpoints', 'verify'));
    expect(part).toMatchObject({ ok: true, stores: [{ project: 'files', part: 0, parts: 16, damaged: [] }] });
    expect(documentOf('checkpoints-verify', await json('checkpoints', 'verify', 'files')).stores[0]?.part).toBe(1);
    const whole = await service.cli('checkpoints', 'verify', 'files', '--all');
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(/^files: whole \(all objects: \d+ objects, \d+ bytes, of \d+ checkpoints\)\n$/) });
    const { checkpoints } = documentOf('checkpoints', await json('checkpoints', 'files'));
    const [store = ''] = stores();
    const blob = execFileSync('git', ['-C', store, 'rev-parse', `${checkpoints.at(-1)?.tree}:bystander`]).toString().trim();
    rmSync(join(store, 'objects', blob.slice(0, 2), blob.slice(2)));
    const broken = await json('checkpoints', 'verify', 'files', '--all');
    expect(broken.code).toBe(1);
    expect(documentOf('checkpoints-verify', broken)).toMatchObject({ ok: false, stores: [{ damaged: [{ id: blob, reason: 'is missing' }] }] });
  });
});
