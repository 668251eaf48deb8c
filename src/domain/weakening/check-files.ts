/** Which files, and which parts of them, the plan's check commands depend on: scripts, targets, configuration. Pure. */
import { posix } from 'node:path';

const CONFIGS = [
  /(^|\/)(jest|vitest|vite|ava|playwright|cypress|karma|wdio|cucumber|stryker|nyc|c8|tap|web-test-runner|eslint|stylelint)[.-]?(conf|config|setup)?\.([cm]?[jt]s|json|ya?ml)$/,
  /(^|\/)(jest|vitest|mocha|test)[.-]?(setup|teardown|globals?|environment)\.[cm]?[jt]sx?$/,
  /(^|\/)\.(mocharc|nycrc|c8rc|taprc|eslintrc|stylelintrc|rspec|rubocop|flake8|coveragerc|pylintrc|golangci|swiftlint)(\.[^/]*)?$/,
  /(^|\/)\.(eslint|stylelint)ignore$/,
  /(^|\/)(tsconfig[^/]*|jsconfig|biome)\.jsonc?$/,
  /(^|\/)(pytest|tox|mypy|ruff|pylintrc|noxfile|conftest)\.(ini|toml|py|cfg)$/,
  /(^|\/)(phpunit|phpstan|testng)[^/]*\.(xml|neon)(\.dist)?$/,
  /(^|\/)(clippy|rustfmt|nextest|deno)\.(toml|jsonc?)$|(^|\/)\.config\/nextest\.toml$/,
  /(^|\/)(\.?justfile|Taskfile\.ya?ml|Rakefile|Jenkinsfile|\.travis\.yml|\.gitlab-ci\.yml|azure-pipelines\.yml)$/i,
  /(^|\/)(\.github\/workflows|\.circleci|\.ci|\.buildkite)\//,
];

/** CI does not make this machine's checks weaker by being added. */
const CI = /(^|\/)(Jenkinsfile|\.travis\.yml|\.gitlab-ci\.yml|azure-pipelines\.yml)$|(^|\/)(\.github\/workflows|\.circleci|\.ci|\.buildkite)\//i;

/** Files of which only a part decides how tests run. */
const PARTIAL = /(^|\/)(package\.json|pyproject\.toml|setup\.cfg|[Mm]akefile|GNUmakefile|[^/]+\.mk)$/;

export const isCi = (path: string): boolean => CI.test(path);
export const isTestConfig = (path: string): boolean => CONFIGS.some((pattern) => pattern.test(path));
export const isPartialConfig = (path: string): boolean => PARTIAL.test(path);

const isPackage = (path: string): boolean => posix.basename(path) === 'package.json';
const isMake = (path: string): boolean => /(^|\/)([Mm]akefile|GNUmakefile|[^/]+\.mk)$/.test(path);

/** Simple commands of a shell line, as words. A shell's own syntax is not understood: words are looked for, nothing is run. */
const commandsOf = (line: string): string[][] =>
  line.split(/&&|\|\||[;|\n&]/).map((command) => command.trim().split(/\s+/).map((word) => word.replaceAll(/^["'(]+|["')]+$/g, '')).filter(Boolean));

const MANAGERS = new Set(['npm', 'pnpm', 'yarn', 'bun']);
const RUN = new Set(['run', 'run-script', 'rum', 'urn']);
const SHORT: Readonly<Record<string, string>> = { t: 'test', tst: 'test' };
/** Commands that run several scripts by name. */
const MANY = new Set(['npm-run-all', 'run-s', 'run-p', 'concurrently', 'wireit']);

/** Scripts of a package.json that a command line names. */
function scriptsIn(line: string): string[] {
  return commandsOf(line).flatMap((words) => {
    const at = words.findIndex((word) => MANAGERS.has(word) || MANY.has(word) || word === 'node');
    const [program = '', ...rest] = at < 0 ? [] : words.slice(at);
    const named = rest.filter((word) => !word.startsWith('-')).map((word) => SHORT[word] ?? word.replace(/^npm:/, ''));
    if (program === 'node') return rest[0] === '--run' ? named.slice(0, 1) : [];
    if (MANY.has(program)) return named;
    return RUN.has(named[0] ?? '') ? named.slice(1, 2) : named;
  });
}

export type Scripts = Readonly<Record<string, string>>;

/** All scripts that the command lines run, through other scripts too, with those that npm runs before and after them. */
export function scriptsRun(lines: readonly string[], scripts: Scripts): Set<string> {
  const run = new Set<string>();
  const waiting = lines.flatMap(scriptsIn);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (run.has(name)) continue;
    run.add(name);
    waiting.push(...(/^(pre|post)/.test(name) ? [] : [`pre${name}`, `post${name}`]), ...scriptsIn(scripts[name] ?? ''));
  }
  return run;
}

const RUNNER_KEYS = ['jest', 'mocha', 'ava', 'nyc', 'c8', 'tap', 'vitest', 'eslintConfig', 'xo', 'wireit'];

function packageOf(text: string | null): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function scriptsOf(text: string | null): Scripts {
  const { scripts } = packageOf(text);
  const entries = Object.entries(typeof scripts === 'object' && scripts !== null ? scripts : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Targets that command lines ask `make` for; the first of the file where they name none. */
const targetsIn = (lines: readonly string[]): string[] =>
  lines.flatMap(commandsOf).filter((words) => words.some((word) => /^g?make$/.test(word)))
    .flatMap((words) => [...words.slice(words.findIndex((word) => /^g?make$/.test(word)) + 1).filter((word) => !/^-|=/.test(word)), '']);

/** Blocks of a makefile by target; '' is everything that is no rule, and what `make` alone would run. */
function makeBlocks(text: string): Map<string, string> {
  const blocks = new Map<string, string>();
  let names = [''];
  for (const line of text.split('\n')) {
    const rule = /^([^\s#:=][^#:=]*):(?!=)/.exec(line);
    if (rule) names = (rule[1] ?? '').trim().split(/\s+/);
    else if (!line.startsWith('\t') && line.trim() !== '' && !line.startsWith('#')) names = [''];
    if (line.trim() !== '' && !line.startsWith('#')) for (const name of names) blocks.set(name, `${blocks.get(name) ?? ''}${line}\n`);
  }
  return blocks;
}

function makePart(text: string, lines: readonly string[]): string {
  const blocks = makeBlocks(text);
  const asked = new Set<string>();
  const waiting = targetsIn(lines);
  if (waiting.length === 0) return '';
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (asked.has(name)) continue;
    asked.add(name);
    const block = blocks.get(name) ?? '';
    waiting.push(...(/^[^:]*:+([^\n]*)/.exec(block)?.[1] ?? '').split(/\s+/).filter(Boolean), ...targetsIn([block.replaceAll('$(MAKE)', 'make')]));
  }
  return [...asked].sort().map((name) => blocks.get(name) ?? '').join('');
}

/** Sections of an INI or TOML file that say how tests, types or style are checked. */
const toolPart = (text: string): string =>
  text.split(/^(?=\[)/m).filter((section) => /^\[+(?:tool[.:])?(?:pytest|coverage|mypy|ruff|flake8|pylint|tox|nox|black|isort|pyright|hatch\.envs)\b/.test(section)).join('');

/** What of a file decides how the checks run, as text to compare. Of a file that is no such file: all of it. */
export function decisivePart(path: string, text: string | null, lines: readonly string[]): string | null {
  if (text === null || !isPartialConfig(path)) return text;
  if (isMake(path)) return makePart(text, lines);
  if (!isPackage(path)) return toolPart(text);
  const scripts = scriptsOf(text);
  const named = [...scriptsRun(lines, scripts)].sort().map((name) => [name, scripts[name] ?? null]).filter(([, script]) => script !== null);
  const parsed = packageOf(text);
  return JSON.stringify([named, RUNNER_KEYS.map((key) => parsed[key] ?? null)]);
}

/** The command lines with the text of every script they run: what may name files. */
export function expandedCommands(lines: readonly string[], packageText: string | null): string[] {
  const scripts = scriptsOf(packageText);
  return [...lines, ...[...scriptsRun(lines, scripts)].map((name) => scripts[name] ?? '')];
}

const paths = (words: readonly string[]): Set<string> =>
  new Set(words.filter((word) => !word.startsWith('-') && /[./]/.test(word) && !word.startsWith('/')).map((word) => posix.normalize(word)));

/** Paths that the command lines name, relative to the workspace. */
export const filesNamed = (lines: readonly string[]): Set<string> => paths(lines.flatMap(commandsOf).flat());

const INTERPRETERS = /^(sh|bash|zsh|dash|ksh|node|tsx|ts-node|bun|deno|python[\d.]*|ruby|perl|php)$/;
/** The interpreter looks at the file and does not run it, or runs something else. */
const NOT_RUN = /^(--check|-c|-m|-e|--eval|-n|--test|test|check|lint|fmt)$/;

/** Files that the command lines run, as programs or by an interpreter; not those that a program is only shown. */
export function filesRun(lines: readonly string[]): Set<string> {
  return paths(lines.flatMap(commandsOf).flatMap((command) => {
    const [program = '', ...rest] = command.filter((word) => !/^\w+=|^(env|exec|time|npx)$/.test(word));
    if (!INTERPRETERS.test(posix.basename(program))) return [program];
    return rest.some((word) => NOT_RUN.test(word)) ? [] : rest.filter((word) => !word.startsWith('-') && word !== 'run').slice(0, 1);
  }));
}
