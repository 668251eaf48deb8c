// Bundles the host program (src/host/main.ts and everything it imports) into one ES module that any Node >= 22.22 runs.
// Called by the worker, the tests and the package build: `buildHost({root, outFile})`; as a program it builds build/host.mjs.
// Nothing is written when the inputs have not changed since the last build.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, version as esbuildVersion } from 'esbuild';

// CommonJS packages in the bundle still call require() for Node's own modules.
const BANNER = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/** Settings of the bundle; part of the inputs' hash. */
function options(root, version) {
  return {
    absWorkingDir: root,
    entryPoints: ['src/host/main.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['fsevents'],
    banner: { js: BANNER },
    define: { HOLDPOINT_VERSION: JSON.stringify(version) },
    legalComments: 'eof',
    logLevel: 'silent',
  };
}

async function hashOf(root, settings, inputs) {
  const hash = createHash('sha256').update(JSON.stringify(settings)).update(esbuildVersion);
  for (const input of [...inputs].sort()) hash.update(`${input}\0`).update(await readFile(join(root, input)));
  return hash.digest('hex');
}

/** The record of the last build beside the bundle; undefined when there is none that can be used. */
async function lastBuild(outFile) {
  try {
    await readFile(outFile);
    return JSON.parse(await readFile(`${outFile}.inputs.json`, 'utf8'));
  } catch {
    return undefined;
  }
}

async function isCurrent(root, settings, outFile) {
  const last = await lastBuild(outFile);
  if (!last) return false;
  try {
    return (await hashOf(root, settings, last.inputs)) === last.hash;
  } catch {
    return false; // an input is gone
  }
}

// Written beside and renamed: a reader never sees half a bundle, and two builds at once are harmless.
async function replaceFile(file, content) {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

/** Builds `outFile` from the sources under `root`. Returns whether it had to be built. May be called any number of times, also at once. */
export async function buildHost({ root, outFile }) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const settings = options(root, version);
  if (await isCurrent(root, settings, outFile)) return { outFile, built: false };
  const result = await build({ ...settings, write: false, metafile: true });
  const inputs = Object.keys(result.metafile.inputs).map((input) => relative(root, resolve(root, input)));
  await mkdir(dirname(outFile), { recursive: true });
  await replaceFile(outFile, result.outputFiles[0].contents);
  await replaceFile(`${outFile}.inputs.json`, JSON.stringify({ hash: await hashOf(root, settings, inputs), inputs }));
  return { outFile, built: true };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const { outFile, built } = await buildHost({ root, outFile: join(root, 'build', 'host.mjs') });
  process.stderr.write(`${built ? 'built' : 'up to date:'} ${relative(process.cwd(), outFile)}\n`);
}
