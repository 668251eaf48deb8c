// Keeps the two bundles up to date: the host program and the workflows. Files are compared by time first, which costs
// next to nothing; the build scripts then compare by content.
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { say } from './say.mjs';

const BUNDLES = [
  { outFile: 'build/host.mjs', script: 'scripts/build-host.mjs', sources: ['src/host', 'src/domain'], entry: 'src/host/main.ts' },
  { outFile: 'build/workflows.js', script: 'scripts/build-workflows.mjs', sources: ['src/workflows', 'src/domain'], entry: 'src/workflows/index.ts' },
];

/** Builds what is older than its sources. May be called any number of times. */
export async function ensureBuilds({ root, node, lock }) {
  const stale = BUNDLES.filter((bundle) => existsSync(join(root, bundle.entry)) && isStale(root, bundle));
  if (stale.length === 0) return;
  await lock(async () => {
    for (const bundle of stale) if (isStale(root, bundle)) await build(root, node, bundle);
  });
}

async function build(root, node, { outFile, script }) {
  say(`building ${outFile}, because its sources have changed …`);
  await run(node, [join(root, script)], { cwd: root, env: process.env, failure: `${outFile} could not be built:` });
  const now = new Date();
  utimesSync(join(root, outFile), now, now);
}

function isStale(root, { outFile, script, sources }) {
  const built = timeOf(join(root, outFile));
  if (built === 0) return true;
  const inputs = [join(root, script), join(root, 'package-lock.json'), ...sources.flatMap((folder) => filesUnder(join(root, folder)))];
  return inputs.some((file) => timeOf(file) >= built);
}

/** Folders stand for the files that were taken away from them. */
const filesUnder = (folder) => [folder, ...readdirSync(folder, { recursive: true }).map((name) => join(folder, name))];

function timeOf(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
