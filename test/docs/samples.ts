/**
 * Console blocks: lines that begin with `$ ` are commands, what follows is their output. The output of a real run is held
 * against it line by line; what differs from run to run is replaced on both sides, a line `…` stands for lines left out, and
 * `…` within a line for anything.
 */
export interface Step {
  command: string;
  sample: string[];
  /** The block shows Ctrl-C: the command goes on until it is interrupted. */
  interrupted: boolean;
}

/** A command goes on where its line ends in a backslash. */
export function stepsOf(text: string): Step[] {
  const steps: Step[] = [];
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2).replaceAll(/\s+/g, ' '), sample: [], interrupted: false });
    else if (!last) throw new Error(`output before the first command: ${line}`);
    else if (line === '^C') last.interrupted = true;
    else last.sample.push(line);
  }
  return steps;
}

const ELLIPSIS = '…';

/** What no two runs have in common. */
const CHANGING: [RegExp, string][] = [
  [/\btoolu_[\w-]+/g, '<call>'],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>'],
  [/\b\d\d:\d\d:\d\d\b/g, '<clock>'],
  [/\b\d+(\.\d+)? ms\b/g, '<n> ms'],
  [/duration_ms \S+/g, 'duration_ms <n>'],
  [/\b[0-9a-f]{40,64}\b/g, '<hash>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b/g, '<uuid>'],
  [/\b[0-9a-f]{7}\.\.[0-9a-f]{7}\b/g, '<blobs>'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/process \d+|\(\d+\)/g, '<pid>'],
  [/\b\d+(\.\d+)? [GMK]i?B\b/g, '<size>'],
  [/\b(\d+ (seconds|minutes) ago|now)\b/g, '<ago>'],
  [/\bby \w+ at\b/g, 'by <user> at'],
];

/** Blanks count as one: columns are as wide as what they hold. */
const steady = (line: string, home: string): string =>
  CHANGING.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line.replaceAll(home, '/home/you')).replaceAll(/\s+/g, ' ').trim();

const steadyLines = (text: string, home: string): string[] => text.split('\n').map((line) => steady(line, home)).filter((line) => line !== '');

const isLike = (sample: string, line = ''): boolean => {
  if (!sample.includes(ELLIPSIS)) return sample === line;
  return new RegExp(`^${sample.split(ELLIPSIS).map((part) => RegExp.escape(part)).join('.*')}$`).test(line);
};

function findFrom(actual: string[], part: string[], from: number): number {
  for (let at = from; at + part.length <= actual.length; at += 1) {
    if (part.every((line, index) => isLike(line, actual[at + index]))) return at;
  }
  return -1;
}

/** Null when the output is as the sample says; otherwise the first part that is not there, and the output. */
export function mismatch(sample: string[], output: string, home: string): string | null {
  const wanted = steadyLines(sample.join('\n'), home);
  if (wanted.length === 0) return null;
  const actual = steadyLines(output, home);
  const parts = wanted.join('\n').split(/(?:^|\n)…(?:\n|$)/).map((part) => part.split('\n').filter((line) => line !== ''));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = part.length === 0 ? at : findFrom(actual, part, at);
    if (found < 0 || (index === 0 && found !== 0 && part.length > 0)) return `not printed:\n${part.join('\n')}\nprinted:\n${actual.join('\n')}`;
    at = found + part.length;
  }
  const open = wanted.at(-1) === ELLIPSIS;
  return open || at === actual.length ? null : `printed beyond the sample:\n${actual.slice(at).join('\n')}`;
}
