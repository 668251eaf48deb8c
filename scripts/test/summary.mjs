// Adds everything up and says it in one last line. A test that was skipped names what it misses in its title, as
// "… [needs sshd]"; in CI, where everything is installed, a skipped test is a failed one.
import { stripVTControlCharacters } from 'node:util';

const SLOWEST = 10;
/** Enough to know what happened where only the end of the output was kept. */
const LINES_OF_A_FAILURE = 30;
const LENGTH_OF_A_LINE = 400;

/** Prints the summary and sets the exit code. */
export function finish({ checks, jest, inCi, startedAt }) {
  const { skipped, exits } = jest;
  tellSlowest(jest.files);
  if (skipped.length > 0) tellSkipped(skipped, inCi);
  jest.failures.forEach(tellFailed);
  for (const { name } of checks.filter(({ ok }) => !ok)) process.stdout.write(`FAILED  ${name}, as is said above\n`);
  for (const said of exits) process.stdout.write(`FAILED  every process of jest ends by itself; jest said: ${said}\n`);
  if (jest.died) process.stdout.write('FAILED  jest ended without a report\n');
  const passed = jest.passed + checks.filter(({ ok }) => ok).length;
  const failed = jest.failed + exits.length + checks.filter(({ ok }) => !ok).length + (inCi ? skipped.length : 0);
  process.stdout.write(`${minutes(Date.now() - startedAt)}\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

function tellSlowest(files) {
  const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  if (slowest.length === SLOWEST) process.stdout.write(`\nthe slowest files:\n${slowest.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}\n`).join('')}\n`);
}

/** Once more, after everything: jest said it between the lines of hundreds of files. */
function tellFailed({ file, name, message }) {
  const lines = stripVTControlCharacters(message).split('\n').filter((line) => line.trim() !== '').map((line) => `    ${line.slice(0, LENGTH_OF_A_LINE)}\n`);
  const more = lines.length - LINES_OF_A_FAILURE;
  process.stdout.write(`\nFAILED  ${file}: ${name}\n${lines.slice(0, LINES_OF_A_FAILURE).join('')}${more > 0 ? `    (${more} more lines)\n` : ''}`);
}

function tellSkipped(skipped, inCi) {
  const missing = [...new Set(skipped.flatMap((name) => /\[needs ([^\]]+)\]/.exec(name)?.[1] ?? []))];
  process.stdout.write(`\nNOT RUN: ${skipped.length} tests${missing.length > 0 ? `, because this machine has no ${missing.join(', no ')}` : ''}\n`);
  for (const name of skipped) process.stdout.write(`  - ${name}\n`);
  process.stdout.write(inCi ? 'In CI that is a failure.\n\n' : 'CI (.ci/run) installs what they need.\n\n');
}

const minutes = (ms) => `took ${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
