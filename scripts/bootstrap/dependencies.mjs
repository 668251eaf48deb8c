// Brings node_modules to what package-lock.json says. npm records what it has installed only when it is through, so a killed
// install is seen as none; its cache makes the second one short, and possible without a network.
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run.mjs';
import { say } from './say.mjs';

/** Installs when something is missing or of another version. Install scripts are never run. */
export async function ensureDependencies({ root, node, lock }) {
  if (isInstalled(root)) return;
  await lock(async () => {
    if (isInstalled(root)) return;
    say('installing the dependencies that package-lock.json pins (npm ci) …');
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
    const failure = 'the dependencies could not be installed; what npm said:';
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: root, env, failure });
  });
}

/** True when every package of the lock that is not optional stands in npm's own record of node_modules, in that version. */
export function isInstalled(root) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const found = packagesOf(record);
  return Object.entries(wanted).every(([path, entry]) => path === '' || (found[path] ? found[path].version === entry.version : entry.optional === true));
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}
