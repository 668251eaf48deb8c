/**
 * A mutation: a small diff of src that takes one guard away, and the test that has to notice. The file begins with three lines,
 * `Guard:` (what is taken away), `Caught by:` (a test file) and `Test:` (part of the test's full name); the diff follows.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const FOLDER = 'test/mutations';

export interface Mutation {
  name: string;
  /** Of the patch, below the root. */
  file: string;
  guard: string;
  caughtBy: string;
  test: string;
}

const run = promisify(execFile);

/** All mutations below `root`, by name. Throws with the file's name when a header line is missing. */
export function mutations(root: string): Mutation[] {
  const files = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.patch')).sort();
  return files.map((name) => parse(join(FOLDER, name), readFileSync(join(root, FOLDER, name), 'utf8')));
}

function parse(file: string, text: string): Mutation {
  const header = text.slice(0, Math.max(0, text.indexOf('diff --git')));
  const line = (label: string): string => {
    const found = new RegExp(`^${label}: *(.+)$`, 'm').exec(header)?.[1]?.trim();
    if (!found) throw new Error(`${file}: no line "${label}: …" before the diff`);
    return found;
  };
  return { name: file.slice(FOLDER.length + 1, -'.patch'.length), file, guard: line('Guard'), caughtBy: line('Caught by'), test: line('Test') };
}

/** Why the patch does not apply to `root` as it stands; null when it does. Changes nothing. */
export async function misfit(root: string, mutation: Mutation): Promise<string | null> {
  return run('git', ['apply', '--check', '--recount', mutation.file], { cwd: root }).then(() => null, (error: Error) => error.message);
}

/** Applies the patch to `root`, or takes it back. */
export async function apply(root: string, mutation: Mutation, direction: 'forward' | 'reverse'): Promise<void> {
  await run('git', ['apply', '--recount', ...(direction === 'reverse' ? ['--reverse'] : []), mutation.file], { cwd: root });
}
