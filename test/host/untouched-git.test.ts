/** The workspace's own repository, set up to run something at every opportunity: nothing of it runs, and no byte of it changes. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scaled } from '../support/scale.ts';
import { Bench, type HostProgram } from './support/host-program.ts';

let bench: Bench;
let host: HostProgram;
beforeAll(async () => {
  bench = await Bench.open();
  // What lies in the user's home must not be read either.
  host = await bench.program({ HOME: join(bench.dir, 'home'), XDG_CONFIG_HOME: join(bench.dir, 'home/.config') });
});
afterAll(() => bench.close());

const at = (path: string): string => join(bench.workspace, path);
const trap = (): string => join(bench.dir, 'trapped');
const git = (...args: string[]): string => execFileSync('git', ['-C', bench.workspace, '-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], { stdio: 'pipe' }).toString();

/** A program that leaves a line in the trap, whatever it is called for. */
function trapProgram(name: string): string {
  const file = join(bench.dir, name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> ${trap()}\ncat\n`);
  chmodSync(file, 0o755);
  return file;
}

const HOOKS = ['pre-commit', 'post-checkout', 'post-index-change', 'reference-transaction', 'pre-auto-gc', 'fsmonitor-watchman', 'post-commit', 'post-rewrite', 'sendemail-validate'];

function settings(program: string): string {
  const filters = ['clean', 'smudge', 'process'].map((kind) => `${kind} = ${program} ${kind}`).join('\n\t');
  return `[core]
\tfsmonitor = ${program} fsmonitor
\thooksPath = ${join(bench.dir, 'hooks')}
\tattributesFile = ${join(bench.dir, 'attributes')}
\texcludesFile = ${join(bench.dir, 'excludes')}
\tpager = ${program} pager
\teditor = ${program} editor
\tsshCommand = ${program} ssh
\talternateRefsCommand = ${program} alternates
[filter "trap"]
\t${filters}
\trequired = true
[diff "trap"]
\ttextconv = ${program} textconv
\tcommand = ${program} diff
\tbinary = true
[diff]
\texternal = ${program} external
[merge "trap"]
\tdriver = ${program} merge
[gpg]
\tprogram = ${program} gpg
[commit]
\tgpgSign = true
[credential]
\thelper = ${program}
[alias]
\tadd = !${program} alias
\tdiff-tree = !${program} alias
[includeIf "gitdir:/"]
\tpath = ${join(bench.dir, 'included')}
[include]
\tpath = ${join(bench.dir, 'included')}
[extensions]
\tworktreeConfig = true
`;
}

/** A repository with commits, a second worktree, a submodule, borrowed objects, and every way known to have something run. */
function makeHostile(): void {
  const program = trapProgram('trap');
  execFileSync('git', ['init', '-q', bench.workspace]);
  writeFileSync(at('file.txt'), 'one\ntwo\n');
  writeFileSync(at('.gitattributes'), '* filter=trap diff=trap merge=trap text=auto ident\n');
  git('add', 'file.txt');
  git('commit', '-qm', 'first');
  git('worktree', 'add', '-q', join(bench.dir, 'worktree'));
  execFileSync('git', ['init', '-q', '--bare', join(bench.dir, 'lender')]);
  mkdirSync(at('.git/objects/info'), { recursive: true });
  writeFileSync(at('.git/objects/info/alternates'), `${join(bench.dir, 'lender/objects')}\n`);
  execFileSync('git', ['init', '-q', at('sub')]);
  writeFileSync(at('sub/in'), 's');
  mkdirSync(join(bench.dir, 'hooks'));
  mkdirSync(join(bench.dir, 'home/.config/git'), { recursive: true });
  for (const folder of [join(bench.dir, 'hooks'), at('.git/hooks')]) {
    mkdirSync(folder, { recursive: true });
    for (const hook of HOOKS) writeFileSync(join(folder, hook), readFileSync(program), { mode: 0o755 });
  }
  for (const name of ['attributes', 'home/.config/git/attributes']) writeFileSync(join(bench.dir, name), '* filter=trap diff=trap\n');
  writeFileSync(at('.git/info/attributes'), '* filter=trap diff=trap\n');
  writeFileSync(join(bench.dir, 'excludes'), '*\n');
  writeFileSync(join(bench.dir, 'included'), `[core]\n\tfsmonitor = ${program} included\n`);
  for (const file of [at('.git/config'), at('sub/.git/config'), join(bench.dir, 'home/.gitconfig'), join(bench.dir, 'home/.config/git/config')]) writeFileSync(file, settings(program), { flag: 'a' });
  rmSync(trap(), { force: true });
}

/** Every entry with its type, permissions, times and content. */
function everyByte(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
    const file = join(folder, name);
    const { mode, mtimeMs, ctimeMs, size } = lstatSync(file);
    const content = lstatSync(file).isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : lstatSync(file).isSymbolicLink() ? readlinkSync(file) : '';
    return [name, mode, mtimeMs, ctimeMs, size, content].join(' ');
  });
}

const fired = (): string => {
  try {
    return readFileSync(trap(), 'utf8');
  } catch {
    return '';
  }
};

test('fifty rounds of snapshots, differences and watching', async () => {
  makeHostile();
  // It is armed: git itself falls into it.
  expect(() => git('status')).toThrow(/filter 'trap' failed/);
  expect(fired()).toContain('trap process');
  rmSync(trap());
  const repositories = [at('.git'), at('sub/.git'), join(bench.dir, 'worktree'), join(bench.dir, 'lender'), join(bench.dir, 'home/.config')];
  const before = repositories.map(everyByte);
  const request = { ...bench.lease, exclude: [], maxFileBytes: 1_000_000 };
  let { tree: from } = await host.call('takeCheckpoint', request);
  let cursor = 0;
  for (let round = 0; round < scaled(50, 200); round += 1) {
    writeFileSync(at('file.txt'), `one\nround ${round}\n`);
    writeFileSync(at(`new-${round % 7}`), `${round}`);
    writeFileSync(at('sub/in'), `s ${round}`);
    const batch = await host.call('watchChanges', { ...request, base: from, cursor, waitMs: round % 10 === 0 ? 5_000 : 0 });
    ({ cursor } = batch);
    const { tree: to } = await host.call('takeCheckpoint', request);
    const { changes } = await host.call('diffTrees', { workspace: bench.workspace, from, to });
    expect(changes.map(({ path }) => path)).toEqual(['file.txt', `new-${round % 7}`, 'sub/in']);
    const { text } = await host.call('diffText', { workspace: bench.workspace, from, to, path: null, maxBytes: 100_000 });
    expect(text).toContain(`+round ${round}`);
    const { files } = await host.call('readFiles', { workspace: bench.workspace, tree: to, paths: ['file.txt'], maxBytes: 1000 });
    expect(files[0]?.text).toBe(`one\nround ${round}\n`);
    from = to;
  }
  expect((await host.call('verifyCheckpoints', { workspace: bench.workspace, all: true })).damaged).toEqual([]);
  await host.call('unwatch', { workspace: bench.workspace });
  expect(fired()).toBe('');
  expect(repositories.map(everyByte)).toEqual(before);
});
