/**
 * Commands that cannot be taken back: they delete trees, rewrite what others have, throw away work, drop data, write to disks,
 * publish, or write outside the workspace. Known by name: a fence against accidents, not against intent. Pure but for `isOutside`.
 */

/** Of one command, its words without quotes and without assignments before it. */
export type Words = readonly string[];

type Test = (rest: Words) => string | undefined;

const has = (words: Words, ...flags: string[]): boolean => words.some((word) => flags.includes(word));

/** A short flag alone or among others: `-rf` holds `r`. */
const hasShort = (words: Words, letters: string): boolean => words.some((word) => /^-[A-Za-z]+$/.test(word) && [...letters].some((letter) => word.includes(letter)));

const isRecursive = (words: Words): boolean => hasShort(words, 'rR') || has(words, '--recursive');

const always = (why: string): Test => () => why;

const onTrees = (why: string): Test => (rest) => (isRecursive(rest) ? why : undefined);

const SQL = /\b(drop\s+(database|schema|table|view|index|role|user|owned)|truncate\s+\S|delete\s+from\s+[\w."`]+\s*(;|$)|dropDatabase|flush(all|db))/i;

const database: Test = (rest) => (SQL.test(rest.join(' ')) ? 'drops or empties data' : undefined);

const DISK = always('writes to a disk, or wipes it');
const PUBLISHES = 'publishes something that others can fetch at once';

const PROGRAMS: Readonly<Record<string, Test>> = {
  rm: onTrees('deletes a folder with all that is in it'),
  find: (rest) => (has(rest, '-delete') || /(^| )-(exec|execdir|ok|okdir) (\S*\/)?(rm|shred|unlink)( |$)/.test(rest.join(' ')) ? 'deletes whatever it finds' : undefined),
  rsync: (rest) => (rest.some((word) => word.startsWith('--delete')) ? 'deletes what is not in its source' : undefined),
  git: (rest) => gitWhy(rest),
  chmod: onTrees('changes the rights of a whole folder'),
  chown: onTrees('changes the owner of a whole folder'),
  chgrp: onTrees('changes the group of a whole folder'),
  shred: always('overwrites files so that nothing can bring them back'),
  truncate: always('cuts files'),
  dd: (rest) => (rest.some((word) => word.startsWith('of=')) ? 'overwrites a file or a disk' : undefined),
  fdisk: DISK, sfdisk: DISK, parted: DISK, wipefs: DISK, blkdiscard: DISK, mkswap: DISK, lvremove: DISK, vgremove: DISK, pvremove: DISK, cryptsetup: DISK,
  shutdown: always('stops the machine'), reboot: always('stops the machine'), halt: always('stops the machine'), poweroff: always('stops the machine'),
  psql: database, mysql: database, mariadb: database, sqlite3: database, sqlcmd: database, mongosh: database, mongo: database, 'redis-cli': database,
  dropdb: always('drops a database'), dropuser: always('drops a role of the database'),
  docker: (rest) => containerWhy(rest), podman: (rest) => containerWhy(rest), 'docker-compose': (rest) => containerWhy(['compose', ...rest]),
  kubectl: (rest) => (has(rest, 'delete', 'drain') ? 'deletes from a cluster' : undefined),
  helm: (rest) => (has(rest, 'uninstall', 'delete') ? 'removes a release from a cluster' : undefined),
  terraform: (rest) => (has(rest, 'destroy', '-destroy') ? 'destroys infrastructure' : undefined),
  aws: (rest) => (rest.some((word) => /^(rb|rm|(delete|terminate)-.*)$/.test(word)) ? 'deletes in the cloud' : undefined),
  gcloud: (rest) => (has(rest, 'delete') ? 'deletes in the cloud' : undefined),
  gh: (rest) => (has(rest, 'delete') ? 'deletes on the server' : undefined),
  npm: (rest) => (has(rest, 'publish', 'unpublish') ? PUBLISHES : undefined),
  pnpm: (rest) => (has(rest, 'publish') ? PUBLISHES : undefined),
  yarn: (rest) => (has(rest, 'publish') ? PUBLISHES : undefined),
  cargo: (rest) => (has(rest, 'publish', 'yank') ? PUBLISHES : undefined),
  twine: (rest) => (has(rest, 'upload') ? PUBLISHES : undefined),
  gem: (rest) => (has(rest, 'push', 'yank') ? PUBLISHES : undefined),
};

const containerWhy: Test = (rest) =>
  (has(rest, 'prune') || (has(rest, 'volume', 'image') && has(rest, 'rm')) || (has(rest, 'down') && (has(rest, '-v', '--volumes'))) ? 'deletes containers, images or volumes' : undefined);

const OVERWRITES = 'overwrites or deletes what others have on the server';
const THROWS_AWAY = 'throws away changes that are not committed';
const REWRITES = 'rewrites history';

const GIT: Readonly<Record<string, Test>> = {
  push: (rest) => (hasShort(rest, 'fd') || rest.some((word) => /^(--force.*|--delete|--mirror|--prune|[+:].+)$/.test(word)) ? OVERWRITES : undefined),
  reset: (rest) => (has(rest, '--hard', '--merge') ? THROWS_AWAY : undefined),
  clean: (rest) => (hasShort(rest, 'f') || has(rest, '--force') ? 'deletes files that git does not know' : undefined),
  checkout: (rest) => (hasShort(rest, 'f') || has(rest, '--force', '--', '.') ? THROWS_AWAY : undefined),
  switch: (rest) => (hasShort(rest, 'fC') || has(rest, '--force', '--discard-changes') ? THROWS_AWAY : undefined),
  restore: (rest) => (has(rest, '--staged') && !has(rest, '--worktree') ? undefined : THROWS_AWAY),
  stash: (rest) => (has(rest, 'drop', 'clear') ? THROWS_AWAY : undefined),
  branch: (rest) => (hasShort(rest, 'DdMC') || has(rest, '--delete', '--force') ? 'deletes or moves a branch' : undefined),
  tag: (rest) => (hasShort(rest, 'df') || has(rest, '--delete', '--force') ? 'deletes or moves a tag' : undefined),
  commit: (rest) => (has(rest, '--amend') ? REWRITES : undefined),
  reflog: (rest) => (has(rest, 'expire', 'delete') ? REWRITES : undefined),
  gc: (rest) => (rest.some((word) => word.startsWith('--prune')) ? 'deletes commits that nothing names' : undefined),
  rebase: always(REWRITES), 'filter-branch': always(REWRITES), 'filter-repo': always(REWRITES), 'update-ref': always(REWRITES), replace: always(REWRITES),
  worktree: (rest) => (has(rest, 'remove') ? 'deletes a work tree' : undefined),
};

/** Options of git itself that take a word of their own. */
const GIT_TAKES = new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace', '--exec-path']);

function gitWhy(rest: Words): string | undefined {
  let at = 0;
  while (at < rest.length && rest[at]?.startsWith('-')) at += GIT_TAKES.has(rest[at] ?? '') ? 2 : 1;
  const test = own(GIT, rest[at] ?? '');
  return test?.(rest.slice(at + 1));
}

/** Programs that write to every path they are given, or only to the last. */
const WRITES_ALL = new Set(['rm', 'rmdir', 'unlink', 'mv', 'tee', 'touch', 'mkdir', 'chmod', 'chown', 'chgrp', 'truncate', 'shred', 'sed']);
const WRITES_LAST = new Set(['cp', 'ln', 'install', 'rsync']);

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(table, name) ? table[name] : undefined);

const baseName = (program: string): string => program.slice(program.lastIndexOf('/') + 1);

/** Why the command cannot be taken back; undefined when it is none of those known here. */
export function destructiveWhy([program = '', ...rest]: Words, isOutside: (path: string) => boolean): string | undefined {
  const name = baseName(program);
  const test = name.startsWith('mkfs') ? DISK : own(PROGRAMS, name);
  return test?.(rest) ?? leavesWorkspace([program, ...rest], isOutside);
}

/** For a command that writes to a path outside, by its name. */
export const leavesWorkspace = ([program = '', ...rest]: Words, isOutside: (path: string) => boolean): string | undefined =>
  (leaves(baseName(program), rest, isOutside) ? 'writes outside the workspace' : undefined);

function leaves(name: string, rest: Words, isOutside: (path: string) => boolean): boolean {
  if (name === 'sed' && !rest.some((word) => /^(-[a-zA-Z]*i|--in-place)/.test(word))) return false;
  const paths = rest.filter((word) => !word.startsWith('-'));
  const written = WRITES_ALL.has(name) ? paths : WRITES_LAST.has(name) ? paths.slice(-1) : [];
  return written.some((path) => /[/~]|^\.\.$/.test(path) && isOutside(path));
}
