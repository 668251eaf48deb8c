// Runs jest for ES modules and reads its own report of what happened.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * What jest says, and no exit code of its own, when something keeps it alive. What it says of its workers is passed on but does
 * not count: it gives them half a second, which a process that holds the Temporal SDK's runtime does not always keep on a loaded
 * machine. What they really leave (processes, files) is looked for by leftovers.mjs.
 */
const JEST_LEFT = 'Jest did not exit';
const GIVE_UP_MS = 10_000;

/**
 * Returns `{passed, failed, failures: [{file, name, message}], skipped: [full name], files: [{file, seconds}], exits: [sentence], died}`;
 * a run that died counts as one failure.
 */
export async function runJest({ root, node, env, paths, coverage, servers }) {
  const outputFile = join(root, 'build/test-results.json');
  mkdirSync(join(root, 'build'), { recursive: true });
  rmSync(outputFile, { force: true });
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${outputFile}`];
  if (coverage) args.push('--coverage', '--coverageReporters=json', '--coverageDirectory=coverage');
  const { exitCode, exits } = await spawned(node, [...args, ...paths], root, { ...env, ...(servers ? {} : { HOLDPOINT_TEST_SERVERS: 'none' }) });
  return { ...summaryOf(root, outputFile, exitCode), exits };
}

function spawned(node, args, cwd, env) {
  return new Promise((resolve) => {
    // With --json the report also goes to stdout: it is in the file already.
    const child = spawn(node, args, { cwd, env: { ...(process.stderr.isTTY && { FORCE_COLOR: '1' }), ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    const exits = new Set();
    let giveUp;
    child.stderr.setEncoding('utf8').on('data', (text) => {
      process.stderr.write(text);
      if (text.includes(JEST_LEFT)) exits.add(JEST_LEFT);
      if (exits.has(JEST_LEFT)) giveUp ??= setTimeout(() => child.kill('SIGKILL'), GIVE_UP_MS);
    });
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => child.kill(signal));
    child.once('exit', (exitCode) => {
      clearTimeout(giveUp);
      child.stderr.destroy(); // what outlives jest may hold it open
      resolve({ exitCode, exits: [...exits] });
    });
  });
}

function summaryOf(root, file, exitCode) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, failures: [], skipped: [], files: [], died: true };
  }
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.testResults.flatMap((suite) => suite.assertionResults).filter(({ status }) => status === 'pending' || status === 'todo');
  // A failure outside of any test, as in the set-up or at the end of a file.
  const unexplained = exitCode !== 0 && failed === 0 ? 1 : 0;
  const files = report.testResults.map(({ name, startTime, endTime }) => ({ file: relative(root, name), seconds: (endTime - startTime) / 1000 }));
  const failures = report.testResults.flatMap((suite) => failuresOf(relative(root, suite.name), suite));
  return { passed: report.numPassedTests, failed: failed + unexplained, failures, skipped: skipped.map(({ fullName }) => fullName), files, died: false };
}

/** A file that could not be run at all has no tests: what it said is the message of the file. */
function failuresOf(file, { status, message, assertionResults }) {
  const failed = assertionResults.filter((one) => one.status === 'failed');
  if (failed.length === 0 && status === 'failed') return [{ file, name: '(the file itself)', message }];
  return failed.map(({ fullName, failureMessages }) => ({ file, name: fullName, message: failureMessages.join('\n') }));
}
