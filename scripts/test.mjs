// `npm test`: bootstrap, types, lint, every test with coverage. The last line is `N passed, N failed`, whatever happens.
//   npm test                        everything
//   npm test -- test/db             some files: no static checks, no coverage
//   npm run test:fast               what needs neither server nor host: domain, plan, workflows' own rules
import { bootstrap, ROOT } from './bootstrap/bootstrap.mjs';
import { say, Stop } from './bootstrap/say.mjs';
import { coverageFindings, coverageFolder } from './test/coverage.mjs';
import { runJest } from './test/jest.mjs';
import { watchForLeftovers } from './test/leftovers.mjs';
import { runStatic } from './test/static.mjs';
import { finish } from './test/summary.mjs';

const FAST = ['test/domain', 'test/architecture', 'test/agents', 'test/llm'];

const startedAt = Date.now();
const args = process.argv.slice(2);
const fast = args.includes('--fast');
const chosen = fast ? FAST : args;
const whole = chosen.length === 0;

try {
  const { node, env } = await bootstrap({ needs: fast ? [] : ['temporal'] });
  const checks = whole ? await runStatic({ root: ROOT, node, env }) : [];
  const leftovers = watchForLeftovers(env);
  const counted = whole ? { HOLDPOINT_COVERAGE_DIR: coverageFolder(ROOT) } : {};
  const jest = await runJest({ root: ROOT, node, env: { ...env, ...leftovers.env, ...counted }, paths: chosen, coverage: whole, servers: !fast });
  checks.push(...(await leftovers.findings()));
  if (whole && !jest.died) checks.push(...coverageFindings(ROOT));
  finish({ checks, jest, inCi: Boolean(env.CI), startedAt });
} catch (error) {
  if (error instanceof Stop) say(error.message);
  else process.stderr.write(`${error.stack ?? error}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
