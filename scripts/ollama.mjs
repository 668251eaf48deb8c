// `npm run test:ollama`: the reviewer against a real Ollama with a tiny real model. Builds and fetches both once, into
// .holdpoint/cache; `--prepare` does only that. The last line is `N passed, N failed`.
import { bootstrap, ROOT } from './bootstrap/bootstrap.mjs';
import { orStop } from './bootstrap/say.mjs';
import { prepare } from './ollama/prepare.mjs';
import { MODEL, serve } from './ollama/serve.mjs';
import { runJest } from './test/jest.mjs';
import { finish } from './test/summary.mjs';

const { node, env } = await orStop(() => bootstrap());
const prepared = await orStop(() => prepare(ROOT));
if (!process.argv.includes('--prepare')) {
  const ollama = await orStop(() => serve(prepared));
  try {
    const jest = await runJest({
      root: ROOT, node, env: { ...env, HOLDPOINT_TEST_OLLAMA: ollama.url, HOLDPOINT_TEST_OLLAMA_MODEL: MODEL },
      paths: ['--testMatch=<rootDir>/test/ollama/*.ollama.ts'], coverage: false, servers: false,
    });
    finish({ checks: [], jest, inCi: true });
  } finally {
    await ollama.stop();
  }
}
