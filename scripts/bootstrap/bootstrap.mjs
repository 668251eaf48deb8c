// Makes a fresh clone (or an installed package) able to run: each step says what it does and why, and is skipped when done.
// Everything fetched goes into one ignored folder; nothing is installed system-wide.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { ensureBuilds } from './builds.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { locked } from './lock.mjs';
import { ensureNode } from './node.mjs';
import { checkPlatform } from './platform.mjs';
import { ensureTemporal } from './temporal.mjs';

export const ROOT = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '../..');

/** A clone has sources; an installed package has `dist` only and was built and given its dependencies before. */
export const isClone = (root = ROOT) => existsSync(join(root, 'src'));

/** Where fetched programs live: in the clone, or in the user's cache for an installed package. */
export function toolsFolder(root = ROOT, env = process.env) {
  if (isClone(root)) return join(root, '.holdpoint/tools');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holdpoint/tools');
}

/**
 * Brings up to date what `needs` names (`temporal`, besides the rest) and returns the Node to use and the environment for
 * what follows. Throws Stop with one sentence when a person has to do something.
 */
export async function bootstrap({ root = ROOT, needs = [] } = {}) {
  checkPlatform();
  const tools = toolsFolder(root);
  const lock = (action) => locked(join(tools, 'bootstrap.lock'), action);
  const node = await ensureNode({ root, tools, lock });
  if (isClone(root)) {
    await ensureDependencies({ root, node, lock });
    await ensureBuilds({ root, node, lock });
  }
  const temporal = needs.includes('temporal') ? { TEMPORAL_BIN: await ensureTemporal({ root, tools, lock }) } : {};
  // Beside the tools: a start of ours costs half the processor time when Node has stripped and compiled the same sources before.
  const cache = { NODE_COMPILE_CACHE: join(dirname(tools), 'compile-cache') };
  return { node, env: { ...cache, ...process.env, ...temporal, PATH: pathWith(node) } };
}

/** Children that say `node` get the same one. */
function pathWith(node) {
  const path = process.env.PATH ?? '';
  return path.split(delimiter).includes(dirname(node)) ? path : `${dirname(node)}${delimiter}${path}`;
}
