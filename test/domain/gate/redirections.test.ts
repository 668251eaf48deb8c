/**
 * What `Bash` as a whole allows may still not write or read outside the workspace by a redirection, wherever that stands: in a
 * table, and against the shells themselves, where whatever the gate allows must leave no file outside.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decideToolCall } from '../../../src/domain/gate-rules.ts';
import { pick, seededRandom } from '../../support/random.ts';
import { scaled, SEED } from '../../support/scale.ts';
import { resolvePath } from './fake-paths.ts';

const decide = (command: string, allow = ['Bash', 'Edit(**)']): string => {
  const verdict = decideToolCall({ workspace: '/ws', allow, ask: [], deny: [] }, { tool: 'Bash', input: { command } }, resolvePath);
  return verdict.decision;
};

describe('denied though Bash is allowed as a whole', () => {
  test.each([
    'echo begin $(basename x) >> /outside/file', 'echo begin >> /outside/file', 'echo $HOME > /outside/file', 'echo `id` > /outside/file',
    'x=$(echo hi > /outside/file)', 'echo "$(echo hi > /outside/file)"', 'echo `echo hi > /outside/file`', 'echo "`echo hi > /outside/file`"',
    'echo `echo \\`echo hi > /outside/file\\``', 'echo ${x:-$(echo hi > /outside/file)}', 'echo "${x:-$(echo hi > /outside/file)}"', 'echo ${ echo > /outside/file; }',
    'cat <(echo hi > /outside/file)', 'echo x > >(cat > /outside/file)', 'cat <<EOF > /outside/file\n$x\nEOF', 'cat > /outside/file <<EOF\nx\nEOF',
    'cat <<EOF\n$(echo hi > /outside/file)\nEOF', 'bash <<EOF\necho hi > /outside/file\nEOF', 'bash <<< "echo $x > /outside/file"', 'cat <<EOF\nx\nEOF\necho > /outside/file',
    'echo $x &> /outside/file', 'echo $x &>> /outside/file', 'echo $x >| /outside/file', 'echo $x <> /outside/file', 'echo $x >& /outside/file', 'echo $x 2> /outside/file',
    'exec > /outside/file', 'exec 3> /outside/file; echo $x >&3', 'exec {fd}> /outside/file', 'echo $x > "/outside/file"', "echo $x > /out'side'/file", 'echo $x > ../outside',
    'for x in 1 2; do echo $x > /outside/file; done', 'while read x; do echo > /outside/file; done', 'if true; then echo > /outside/file; fi', 'f() { echo > /outside/file; }; f',
    'case x in x) echo > /outside/file;; esac', '{ echo; } > /outside/file', '(echo $x) > /outside/file', '! echo $x > /outside/file', 'echo $x | cat > /outside/file',
    'echo $x && > /outside/file', 'echo $x > $HOME/file', 'echo $x > "$(mktemp)"', 'echo $x > ~/file', 'echo $x > /outside/{a,b}', 'echo $x > /outsid?/file', 'echo $x > out/file',
    'cat $x < /etc/passwd', 'echo "$(< /etc/passwd)"', 'while read x; do :; done < /etc/passwd', 'echo $x > file >> /outside/file', 'echo "a $x" > \\\n/outside/file',
    'bash -c "echo hi > /outside/file"', "bash -c 'echo $(id) > /outside/file'", "sh -c 'cd /outside; echo > file'", "eval 'echo > /outside/file'", "find . -exec sh -c 'echo $1 > /outside/file' \\;",
    "bash -ec 'echo > /outside/file'", 'cd /outside; echo $x > file', '$x /outside; echo > file', 'pushd /outside && echo $(id) > file', "cd /outside; bash -c 'echo > file'",
    'echo "$(case x in x) echo > /outside/file;; esac)"', "echo \"${x:-'}\" > /outside/file \"'}\"", "echo $'\\'' > /outside/file", 'echo $\\\n(echo > /outside/file)', '((: > $HOME))', "echo $((echo '$(echo > /outside/file)'))", "f() { eval 'echo > /outside/file'; }; f",
  ])('%j', (command) => {
    expect(decide(command)).toBe('deny');
  });
});

describe('allowed with Bash', () => {
  test.each([
    'echo $(basename x)', 'for x in *; do echo $x; done', 'echo $x > src/file', 'echo $x >> "src/file"', 'x=$(npm test 2>&1)', 'npm test $x > /dev/null 2>&1', 'cat <<EOF\na > b\nEOF',
    "cat <<'EOF'\n$(echo > /outside/file)\nEOF", 'echo "a > b $x"', "echo 'a > /outside/file' $x", 'echo $((1 < 2))', 'while (( i > 0 )); do i=$((i - 1)); done', 'echo $x # > /outside/file',
    'diff <(echo a) <(echo b)', 'exec > >(tee log)', 'cat <<EOF > src/file\n$x\nEOF', 'cd /ws && echo $x > src/file', 'echo $x > /ws/src/file', 'echo "${x}" `id`', 'echo $x < README.md',
    "bash -c 'echo $x > src/file'", 'case $x in a) echo;; (b) ls;; esac', 'f() { ls; }; f', 'echo a\\>b $x', 'grep -c "$x" <<< "$y"',
  ])('%j', (command) => {
    expect(decide(command)).toBe('allow');
  });
});

test('a file that no rule allows to write is not written beside a substitution either', () => {
  expect(['make > made.txt', 'make $(id) > made.txt', "bash -c 'make > made.txt'"].map((command) => decide(command, ['Bash']))).toEqual(['deny', 'deny', 'deny']);
});

// ---------------------------------------------------------------- against the shells

const SHELLS = ['/bin/bash', '/bin/zsh', '/bin/dash'].filter(existsSync);
let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'hp-redirections-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const REDIRECTIONS = ['> OUT', '>> OUT', '>|OUT', '<>OUT', '&> OUT', '>& OUT', '2> OUT', '> "OUT"', ">'OUT'", '>\\OUT', '> ../out/f', '> $P', '> "$(echo OUT)"', '{fd}>OUT', '> `echo OUT`', '&>>OUT', '> src', ''];
const COMMANDS = [
  'echo x R', 'R echo x', ': R', 'exec R', 'cat <<E R\nbody\nE\n', 'cat <<E\n$(echo x R)\nE\n', "cat <<'E'\n$(echo x R)\nE\necho R", 'cat <<-E\n\t`echo x R`\n\tE\n', 'cat <<< x R', 'bash <<E\necho x R\nE\n',
  'cd ../out; echo x > f', 'c""d ../out; echo x > f', '$C ../out; echo x > f', 'bash <<< "echo x R"', 'echo "a > b" \'c > d\' R', "echo \\' R \\'", 'echo \\" R "', "echo $'\\'' R", 'echo "${x:-\'}" R "\'}"', 'echo # R\necho R',
];
const FRAMES = [
  '$(C)', '"$(C)"', '`C`', '"`C`"', 'echo ${x:-$(C)}', 'echo "${x:-$(C)}"', 'echo ${x:-`C`}', 'cat <(C)', 'echo > >(C)', '(C)', '{ C\n}', 'for i in 1; do C\ndone', 'if C\nthen C\nfi', 'f() { C\n}; f', 'x=$(C) C',
  'echo $((1 + $(C\necho 1)))', 'case x in x) C\n;; esac', 'case x in (x) C\n;; esac', 'echo ${ C\n}', '! C', 'C | C', 'C && C', 'echo [[ -n $(C) ]]', 'a=( $(C) )', 'while C\ndo C\nbreak; done', 'eval "C"', "bash -c 'C'", "eval 'C'",
  'echo ${x:-<(C)}', 'echo "a" "$(C)" \'b\'', '((C))', 'echo $((C))', 'echo "$(case x in x) C\n;; esac)"', 'cat <<E\n${x:-$(C)}\nE\n', '$C ; C', 'echo "\\$(C)" C', 'sh -c "C"', 'env bash -c "C"', 'echo \'$(C)\'', 'echo $[ $(C\necho 1) ]', 'exec 3>&1; C',
];
const SOUP = ["'", '"', '`', '$(', ')', '${x:-', '}', '\\', '\n', '#', ' ', '<<E\n', '\nE\n', '>OUT', ' >OUT ', 'echo ', ';', '$', "$'", '((', '))', '<(', 'case x in x) ', ' esac', '&', '|', '\\\n', 'x', '=', '[[ ', '{ '];

const fill = (random: () => number, text: string, depth: number): string => {
  const command = (): string => fill(random, depth > 0 && random() < 0.6 ? pick(random, FRAMES) : pick(random, COMMANDS), depth - 1);
  return text.replaceAll(/\bC\b(?!["=])/g, (found, at: number) => (text[at - 1] === '$' ? found : command())).replaceAll(/\bR\b/g, () => pick(random, REDIRECTIONS));
};

const lineOf = (random: () => number): string =>
  (random() < 0.3 ? Array.from({ length: 2 + Math.floor(random() * 9) }, () => pick(random, SOUP)).join('') : fill(random, pick(random, random() < 0.7 ? FRAMES : COMMANDS), 3));

/** Files that the line has left outside the workspace. */
function leftOutside(shell: string, command: string): string[] {
  const place = mkdtempSync(join(folder, 'p-'));
  mkdirSync(join(place, 'ws'));
  mkdirSync(join(place, 'out'));
  const env = { PATH: '/usr/bin:/bin', HOME: join(place, 'ws'), P: join(place, 'out/f'), C: 'cd' };
  spawnSync(shell, [...(shell.endsWith('zsh') ? ['-f'] : []), '-c', command.replaceAll('OUT', join(place, 'out/f'))], { cwd: join(place, 'ws'), env, input: '', timeout: 3000, killSignal: 'SIGKILL' });
  const left = readdirSync(join(place, 'out'));
  rmSync(place, { recursive: true, force: true });
  return left;
}

const allows = (command: string): boolean => {
  const policy = { workspace: '/p/ws', allow: ['Bash', 'Edit(**)'], ask: [], deny: [] };
  return decideToolCall(policy, { tool: 'Bash', input: { command: command.replaceAll('OUT', '/p/out/f') } }, (path) => resolve('/p/ws', path)).decision === 'allow';
};

test('whatever the gate allows leaves no file outside the workspace', () => {
  const random = seededRandom(SEED);
  const seen = { allowed: 0, harmful: 0 };
  for (let round = 0; round < scaled(250, 20_000); round += 1) {
    const command = lineOf(random);
    const allowed = allows(command);
    // What is denied runs too, now and then, to show that these lines do harm.
    if (!allowed && round % 5 !== 0) continue;
    const left = SHELLS.map((shell) => leftOutside(shell, command));
    if (allowed) expect({ command, left }).toEqual({ command, left: SHELLS.map(() => []) });
    seen.allowed += allowed ? 1 : 0;
    seen.harmful += left.some((files) => files.length > 0) ? 1 : 0;
  }
  expect(seen.allowed).toBeGreaterThan(30);
  expect(seen.harmful).toBeGreaterThan(15);
}, scaled(60_000, 1_200_000));
