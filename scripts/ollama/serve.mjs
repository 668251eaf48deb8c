// Runs the Ollama server on a free port of loopback, with a home and models of its own.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../bootstrap/run.mjs';
import { Stop } from '../bootstrap/say.mjs';

export const MODEL = 'smollm2';
const START_MS = 60_000;

/** Returns `{url, stop}` of a server that has the model. Throws Stop when it does not come up. */
export async function serve({ cache, server, weights }) {
  const port = await freePort();
  const env = { PATH: process.env.PATH, HOME: cache, OLLAMA_HOST: `127.0.0.1:${port}`, OLLAMA_MODELS: join(cache, 'models') };
  const child = spawn(server, ['serve'], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await answers(url, child);
    const modelfile = join(cache, 'Modelfile');
    writeFileSync(modelfile, `FROM ${weights}\n`);
    await run(server, ['create', MODEL, '-f', modelfile], { cwd: cache, env, failure: 'the model could not be loaded:' });
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(url, child) {
  for (const until = Date.now() + START_MS; Date.now() < until && child.exitCode === null; await delay(100)) {
    const ok = await fetch(`${url}/api/version`).then((response) => response.ok, () => false);
    if (ok) return;
  }
  throw new Stop(`Ollama did not answer on ${url} within ${START_MS / 1000} s.`);
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
