// `npm test`: bootstrap, types, lint, every test with coverage. The last line is `N passed, N failed`, whatever happens.
//   npm test                        everything
//   npm test -- test/db             some files: no static checks, no coverage
//   npm run test:fast               what needs neither server nor host: domain, plan, workflows' own rules
import { bootstrap, ROOT } from './bootstrap/bootstrap.mjs';
import { orStop } from './bootstrap/say.mjs';
import { coverageFindings } from './test/coverage.mjs';
import { runJest } from './test/jest.mjs';
import { runStatic } from './test/static.mjs';
import { finish } from './test/summary.mjs';

const FAST = ['test/domain', 'test/architecture', 'test/agents', 'test/llm'];

const args = process.argv.slice(2);
const fast = args.includes('--fast');
const chosen = fast ? FAST : args;
const whole = chosen.length === 0;

try {
  const { node, env } = await orStop(() => bootstrap({ needs: ['temporal'] }));
  const inCi = Boolean(env.CI);
  const checks = whole ? await runStatic({ root: ROOT, node, env }) : [];
  const jest = await runJest({ root: ROOT, node, env, paths: chosen, coverage: whole, servers: !fast });
  const coverage = whole ? coverageFindings(ROOT) : [];
  finish({ checks: [...checks, ...coverage], jest, inCi });
} catch (error) {
  process.stderr.write(`${error.stack ?? error}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
