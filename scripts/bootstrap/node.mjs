// Finds or fetches the Node that runs Holdpoint: the one at work when it is new enough, else the pinned one of tools/node.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run.mjs';
import { say, Stop } from './say.mjs';

/** True for a Node that strips types without a flag and that every dependency accepts. */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 22);
}

const packageName = () => `node-${process.platform}-${process.arch}`;

/** Path of the Node to use. `tools` is where fetched programs live. Throws Stop when none can be had. */
export async function ensureNode({ root, tools, lock }) {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const version = pinnedVersion(root);
  if (!version) throw new Stop(`Holdpoint needs Node 22.22 or newer, this is ${process.versions.node}, and none can be fetched for ${process.platform}-${process.arch}: install Node 24 from https://nodejs.org.`);
  const folder = join(tools, `node-${version}`);
  const node = join(folder, 'node_modules', packageName(), 'bin/node');
  if (!existsSync(node)) await lock(() => existsSync(node) || fetchNode(root, folder, node, version));
  return node;
}

function pinnedVersion(root) {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'tools/node/package.json'), 'utf8'));
  return optionalDependencies[packageName()];
}

async function fetchNode(root, folder, node, version) {
  say(`fetching Node ${version} from npm, because ${process.versions.node} is older than 22.22 …`);
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(dirname(half), { recursive: true });
  cpSync(join(root, 'tools/node'), half, { recursive: true });
  const failure = `Node ${version} could not be fetched: see that npm works here, or install Node 24 from https://nodejs.org.`;
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: half, env: process.env, failure });
  // npm passes over an optional package that it cannot fetch.
  if (!existsSync(node.replace(folder, half))) throw new Stop(failure);
  rmSync(folder, { recursive: true, force: true });
  renameSync(half, folder);
}
