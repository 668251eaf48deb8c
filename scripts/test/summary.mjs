// Adds everything up and says it in one last line. A test that was skipped names what it misses in its title, as
// "… [needs sshd]"; in CI, where everything is installed, a skipped test is a failed one.

/** Prints the summary and sets the exit code. */
export function finish({ checks, jest, inCi }) {
  const skipped = jest.skipped;
  if (skipped.length > 0) tellSkipped(skipped, inCi);
  const passed = jest.passed + checks.filter(({ ok }) => ok).length;
  const failed = jest.failed + checks.filter(({ ok }) => !ok).length + (inCi ? skipped.length : 0);
  if (jest.died) process.stdout.write('jest ended without a report\n');
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

function tellSkipped(skipped, inCi) {
  const missing = [...new Set(skipped.flatMap((name) => /\[needs ([^\]]+)\]/.exec(name)?.[1] ?? []))];
  process.stdout.write(`\nNOT RUN: ${skipped.length} tests${missing.length > 0 ? `, because this machine has no ${missing.join(', no ')}` : ''}\n`);
  for (const name of skipped) process.stdout.write(`  - ${name}\n`);
  process.stdout.write(inCi ? 'In CI that is a failure.\n\n' : 'CI (.ci/run) installs what they need.\n\n');
}
