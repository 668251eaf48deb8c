// Builds what the package holds: `dist/` is laid out like the clone (src, migrations, build, examples), so every relative path
// in the code holds in both. Compiled, because Node strips no types under node_modules.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHost } from './build-host.mjs';
import { buildWorkflows } from './build-workflows.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const half = join(root, 'build/dist');

rmSync(half, { recursive: true, force: true });
compile();
for (const folder of ['src', 'migrations']) copyOtherFiles(folder);
await buildHost({ root, outFile: join(half, 'build/host.mjs') });
await buildWorkflows({ root, outFile: join(half, 'build/workflows.js') });
if (existsSync(join(root, 'examples'))) cpSync(join(root, 'examples'), join(half, 'examples'), { recursive: true, filter: (file) => !file.endsWith('.ts') });
writeIdentity();
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(half, join(root, 'dist'));
process.stderr.write('built dist/\n');

function compile() {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'scripts/tsconfig.build.json'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}

function copyOtherFiles(folder) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.ts')) continue;
    const file = join(entry.parentPath, entry.name);
    const copy = file.replace(root, half);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(file, copy);
  }
}

/** What code that looks for the package's name and version two folders up finds. */
function writeIdentity() {
  const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(half, 'package.json'), `${JSON.stringify({ name, version, type })}\n`);
}
