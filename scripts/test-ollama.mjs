// `npm run test:ollama`: the reviewer against a real Ollama with a tiny real model. Builds and fetches both once, into
// .holdpoint/cache; `-- --prepare` does only that. The last line is `N passed, N failed`.
import { ROOT } from './bootstrap/bootstrap.mjs';
import { orStop } from './bootstrap/say.mjs';
import { prepare } from './ollama/prepare.mjs';
import { MODEL, serve } from './ollama/serve.mjs';
import { runJest } from './test/jest.mjs';
import { finish } from './test/summary.mjs';

const prepared = await orStop(() => prepare(ROOT));
if (!process.argv.includes('--prepare')) await test(await orStop(() => serve(prepared)));

async function test(ollama) {
  const startedAt = Date.now();
  const env = { ...process.env, HOLDPOINT_TEST_OLLAMA: ollama.url, HOLDPOINT_TEST_OLLAMA_MODEL: MODEL };
  // Named otherwise than *.test.ts: without the server these tests are not there, so `npm test` cannot skip them.
  const paths = ['--testMatch=<rootDir>/test/ollama/*.ollama.ts'];
  try {
    finish({ checks: [], jest: await runJest({ root: ROOT, node: process.execPath, env, paths, coverage: false, servers: false }), inCi: true, startedAt });
  } finally {
    await ollama.stop();
  }
}
