// Says in one sentence when this machine cannot run Holdpoint. Costs no child process.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Stop } from './say.mjs';

const SUPPORTED = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/** Throws Stop when the platform, the Node that runs this, or git is missing or too old. */
export function checkPlatform({ platform = process.platform, arch = process.arch, node = process.versions.node, path = process.env.PATH ?? '', glibc = hasGlibc() } = {}) {
  if (!SUPPORTED.includes(`${platform}-${arch}`)) throw new Stop(`Holdpoint runs on Linux and macOS (x64, arm64), not on ${platform}-${arch}.`);
  if (platform === 'linux' && !glibc) throw new Stop('Holdpoint needs a Linux with glibc (Debian, Ubuntu, Fedora …): Temporal and Postgres have no build for musl (Alpine).');
  if (Number(node.split('.')[0]) < 20) throw new Stop(`Holdpoint needs Node 20 or newer to start, this is ${node}: install a newer one from https://nodejs.org.`);
  if (!findProgram('git', path)) throw new Stop('Holdpoint needs git and found none: install it (Debian: apt-get install git; macOS: xcode-select --install).');
}

/** Path of a program, or undefined. */
export function findProgram(name, path = process.env.PATH ?? '') {
  return path.split(delimiter).filter(Boolean).map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// The loader's own name: cheaper than Node's process report.
const LOADERS = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1', '/lib64/ld-linux-aarch64.so.1'];

const hasGlibc = () => LOADERS.some(isExecutable);
