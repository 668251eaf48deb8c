/** Runs tests of the copy, chosen by name, and says which of them failed. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Outcome {
  /** Full names. */
  passed: string[];
  failed: string[];
  /** The file could not be run at all: no test speaks. */
  broken: string | null;
}

interface Report {
  testResults: { message: string; assertionResults: { fullName: string; status: string }[] }[];
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `name`: part of the full names of the tests to run. Ends what still runs after `timeoutMs`. */
export async function runTests(root: string, file: string, name: string, timeoutMs: number): Promise<Outcome> {
  const report = join(root, 'build/test-results.json');
  rmSync(report, { force: true });
  // A mark of its own: what a broken test leaves behind is ended by `npm test` itself.
  const args = [join(root, 'scripts/test.mjs'), file, '-t', escaped(name)];
  const child = spawn(process.execPath, args, { cwd: root, env: process.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said = (said + String(chunk)).slice(-4000)));
  const timer = setTimeout(() => child.kill('SIGTERM'), timeoutMs);
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  return outcomeOf(report, said);
}

function outcomeOf(file: string, said: string): Outcome {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return { passed: [], failed: [], broken: said };
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const named = (status: string): string[] => tests.filter((test) => test.status === status).map(({ fullName }) => fullName);
  const [passed, failed] = [named('passed'), named('failed')];
  const broken = passed.length + failed.length > 0 ? null : report.testResults.map(({ message }) => message).join('\n') || said;
  return { passed, failed, broken };
}
