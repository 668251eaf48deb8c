/** A user's repository that has a submodule and a repository of its own inside, each with hooks, filters and a monitor that tell when they run. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const QUIET = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'filter.loud.smudge=cat', 'filter.loud.clean=cat', 'protocol.file.allow=always', 'user.name=Ada', 'user.email=a@example.org'];

/** Git as the user has it, without what tells of itself, and without writing an index by looking. */
export const quietly = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, ...QUIET.flatMap((one) => ['-c', one]), ...args], { encoding: 'utf8', env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' } }).replace(/\n$/, '');

function commitAll(folder: string): void {
  if (!existsSync(join(folder, '.git'))) quietly(folder, 'init', '-q', '-b', 'main');
  quietly(folder, 'add', '-A');
  quietly(folder, 'commit', '-qm', 'as it is');
}

const HOOKS = ['post-checkout', 'pre-commit', 'reference-transaction', 'post-index-change', 'post-merge', 'fsmonitor-watchman'];

function makeLoud(gitDir: string, loud: string): void {
  mkdirSync(join(gitDir, 'hooks'), { recursive: true });
  for (const hook of HOOKS) writeFileSync(join(gitDir, 'hooks', hook), readFileSync(loud), { mode: 0o755 });
  appendFileSync(join(gitDir, 'config'), `[core]\n\tfsmonitor = ${loud}\n[filter "loud"]\n\tsmudge = ${loud}\n\tclean = ${loud}\n\trequired = true\n[submodule]\n\trecurse = true\n`);
}

/**
 * Adds to a committed repository: `sub`, a submodule with `lib.txt` changed and `own.txt` untracked, and `inner`, a repository of its own
 * with `in.txt` changed. Answers the file that is there once anything of it has run.
 */
export function addRepositories(workspace: string): string {
  const library = join(dirname(workspace), 'library');
  mkdirSync(library);
  mkdirSync(join(workspace, 'inner'));
  for (const [folder, file] of [[library, 'lib.txt'], [join(workspace, 'inner'), 'in.txt']] as const) {
    writeFileSync(join(folder, '.gitattributes'), '* filter=loud\n');
    writeFileSync(join(folder, file), 'one\ntwo\nthree\n');
    commitAll(folder);
    writeFileSync(join(folder, file), 'one\ntwo\nTHREE\n');
  }
  quietly(workspace, 'submodule', '--quiet', 'add', library, 'sub');
  writeFileSync(join(workspace, '.gitattributes'), '* filter=loud\n');
  quietly(workspace, 'add', '.gitattributes');
  quietly(workspace, 'commit', '-qm', 'with a submodule');
  writeFileSync(join(workspace, 'sub/lib.txt'), 'one\ntwo\nTHREE\n');
  writeFileSync(join(workspace, 'sub/own.txt'), 'of the user');
  const ran = join(dirname(workspace), 'ran');
  const loud = join(dirname(workspace), 'loud.sh');
  writeFileSync(loud, `#!/bin/sh\necho "$0 $*" >> ${ran}\ncat\n`, { mode: 0o755 });
  for (const gitDir of ['.git', '.git/modules/sub', 'inner/.git']) makeLoud(join(workspace, gitDir), loud);
  return ran;
}

function bytesBelow(folder: string, path: string): [string, string][] {
  const at = join(folder, path);
  const stat = lstatSync(at);
  if (stat.isDirectory()) return readdirSync(at).flatMap((name) => bytesBelow(folder, `${path}/${name}`));
  return [[path, `${stat.mode} ${stat.isSymbolicLink() ? readlinkSync(at) : readFileSync(at).toString('base64')}`]];
}

/** All that git keeps of the three: `but`, paths that are left out. */
export function kept(workspace: string, but = /^$/): Record<string, string> {
  const found = ['.git', 'sub/.git', 'inner/.git'].flatMap((path) => bytesBelow(workspace, path));
  return Object.fromEntries(found.filter(([path]) => !but.test(path)));
}

/** What git says has changed, in each of the three. */
export const statuses = (workspace: string): Record<string, string[]> =>
  Object.fromEntries(['.', 'sub', 'inner'].map((folder) => [folder, quietly(join(workspace, folder), 'status', '--porcelain').split('\n').sort()]));
