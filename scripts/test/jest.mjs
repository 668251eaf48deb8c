// Runs jest for ES modules and reads its own report of what happened.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Returns `{passed, failed, skipped: [full name], report}`; a run that died counts as one failure. */
export async function runJest({ root, node, env, paths, coverage, servers }) {
  const outputFile = join(root, 'build/test-results.json');
  mkdirSync(join(root, 'build'), { recursive: true });
  rmSync(outputFile, { force: true });
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${outputFile}`];
  if (coverage) args.push('--coverage', '--coverageReporters=json', '--coverageDirectory=coverage');
  const exitCode = await spawned(node, [...args, ...paths], root, { ...env, ...(servers ? {} : { HOLDPOINT_TEST_SERVERS: 'none' }) });
  return summaryOf(outputFile, exitCode);
}

const spawned = (node, args, cwd, env) =>
  new Promise((resolve) => {
    // With --json the report also goes to stdout: it is in the file already.
    const child = spawn(node, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => child.kill(signal));
    child.once('close', (code) => resolve(code));
  });

function summaryOf(file, exitCode) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: [], died: true };
  }
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.testResults.flatMap((suite) => suite.assertionResults).filter(({ status }) => status === 'pending' || status === 'todo');
  // A failure outside of any test, as in the set-up or at the end of a file.
  const unexplained = exitCode !== 0 && failed === 0 ? 1 : 0;
  return { passed: report.numPassedTests, failed: failed + unexplained, skipped: skipped.map(({ fullName }) => fullName), died: false };
}
