/**
 * Tool calls whose effects no restore of files undoes: they reach a server, others' data, the repository itself, or a place outside the
 * workspace. Known by name, as commands that cannot be taken back are: what a script does inside is not seen. Pure.
 */
import { READING_TOOLS } from '../attribution.ts';
import { startsOf, nestedParts } from './bash-rules.ts';
import { destructiveWhy, leavesWorkspace, type Words } from './destructive.ts';
import { asPart, looseLine } from './loose-line.ts';
import { readShellLine, type ShellPart } from './shell-parts.ts';

const REPOSITORY = new Set(['commit', 'merge', 'rebase', 'reset', 'revert', 'cherry-pick', 'am', 'tag', 'branch', 'stash', 'update-ref', 'filter-branch', 'filter-repo', 'gc', 'init']);

const SENDS = /^(-d|--data(-.+)?|-F|--form(-.+)?|-T|--upload-file|--json|--post-data.*|--post-file.*|--body-.*)(=.*)?$/;
const WRITES = '(POST|PUT|PATCH|DELETE)';
const METHOD = new RegExp(`^(-X|--request=|--method=)${WRITES}$`, 'i');
const WRITING = new RegExp(`^${WRITES}$`, 'i');

type Test = (rest: Words) => string | undefined;

const has = (rest: Words, ...words: string[]): boolean => rest.some((word) => words.includes(word));

const SERVER = 'changes something on a server';

const hasMethod = (rest: Words): boolean =>
  rest.some((word, n) => METHOD.test(word) || (['-X', '--request', '--method'].includes(word) && WRITING.test(rest[n + 1] ?? '')));

const requests: Test = (rest) => (hasMethod(rest) || rest.some((word) => SENDS.test(word) || /^-d./.test(word)) ? 'sends data over the network' : undefined);

const remote: Test = (rest) => (rest.some((word) => /^[^/\s]+:/.test(word)) ? 'reaches another machine' : undefined);

const PROGRAMS: Readonly<Record<string, Test>> = {
  git: (rest) => gitWhy(rest),
  curl: requests, wget: requests, http: (rest) => (has(rest, 'POST', 'PUT', 'PATCH', 'DELETE') ? 'sends data over the network' : undefined),
  ssh: () => 'reaches another machine', scp: remote, sftp: remote, rsync: remote,
  gh: (rest) => (has(rest, 'create', 'merge', 'close', 'edit', 'comment', 'delete', 'upload', 'review') || requests(rest) !== undefined || has(rest, '-f', '--field') ? SERVER : undefined),
  docker: (rest) => (has(rest, 'push') ? 'publishes an image' : undefined),
  kubectl: (rest) => (has(rest, 'apply', 'create', 'patch', 'scale', 'rollout', 'set') ? SERVER : undefined),
  helm: (rest) => (has(rest, 'install', 'upgrade') ? SERVER : undefined),
  terraform: (rest) => (has(rest, 'apply') ? SERVER : undefined),
};

function gitWhy(rest: Words): string | undefined {
  const command = rest.find((word, n) => !word.startsWith('-') && !['-C', '-c', '--git-dir', '--work-tree'].includes(rest[n - 1] ?? ''));
  if (command === 'push') return 'pushes to a server';
  return command !== undefined && REPOSITORY.has(command) ? 'changes the repository, which a restore does not touch' : undefined;
}

/** Of these a restore brings the files back. */
const OF_FILES = new Set(['rm', 'find', 'rsync', 'chmod', 'chown', 'chgrp', 'shred', 'truncate', 'dd', 'sed', 'mv', 'cp', 'tee', 'touch', 'mkdir', 'ln', 'install', 'rmdir', 'unlink', 'git']);

function commandWhy(words: Words, isOutside: (path: string) => boolean): string | undefined {
  const name = (words[0] ?? '').slice((words[0] ?? '').lastIndexOf('/') + 1);
  const why = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name]?.(words.slice(1)) : undefined;
  if (why !== undefined) return why;
  return leavesWorkspace(words, isOutside) ?? (OF_FILES.has(name) ? undefined : destructiveWhy(words, isOutside));
}

function commandsIn(line: string): ShellPart[] {
  const read = readShellLine(line);
  if (read.kind === 'line') {
    return read.parts.flatMap((part) => {
      const inner = nestedParts(part);
      return typeof inner === 'string' ? [part] : [part, ...inner];
    });
  }
  const loose = looseLine(line);
  return loose.kind === 'line' ? loose.commands.flatMap((words) => words.map((_, at) => asPart(words.slice(at)))) : [];
}

const valuesOf = ({ words, assignments }: ShellPart): string[] => words.slice(assignments).map(({ value }) => value);

const MAX_TEXT = 200;

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT);

interface Named {
  command?: unknown;
  file_path?: unknown;
  notebook_path?: unknown;
}

/** What of a call no restore undoes, for people: `command: why`. Undefined: nothing that is known here. */
export function irreversibleEffect(tool: string, input: unknown, isOutside: (path: string) => boolean): string | undefined {
  const { command, file_path: path, notebook_path: notebook }: Named = typeof input === 'object' && input !== null ? input : {};
  const file = path ?? notebook;
  if (tool.startsWith('mcp__')) return `${tool}: a tool of a server, whose effects are not known`;
  if (typeof file === 'string' && !READING_TOOLS.includes(tool) && isOutside(file)) return `${oneLine(file)}: written outside the workspace (${tool})`;
  if (tool !== 'Bash' || typeof command !== 'string') return undefined;
  for (const words of commandsIn(command).flatMap((part) => startsOf(valuesOf(part)))) {
    const why = commandWhy(words, isOutside);
    if (why !== undefined) return `${oneLine(command)}: ${why}`;
  }
  return undefined;
}
