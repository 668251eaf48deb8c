/** A copy of what a fresh clone holds of the bootstrap, with one small dependency that needs no network. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A clone with our launcher, one dependency in a tarball of its own, and a CLI that prints what it was given. */
export function makeClone(): string {
  const clone = mkdtempSync(join(tmpdir(), 'holdpoint-clone-'));
  for (const part of ['bin', 'scripts/bootstrap', 'tools']) cpSync(join(root, part), join(clone, part), { recursive: true });
  mkdirSync(join(clone, 'src'));
  writeFileSync(join(clone, 'src/cli.ts'), CLI);
  const entry = packTiny(clone);
  const dependencies = { tiny: entry.resolved };
  const identity = { name: 'clone', version: '1.0.0', type: 'module' };
  writeFileSync(join(clone, 'package.json'), JSON.stringify({ ...identity, dependencies }));
  const packages = { '': { name: identity.name, version: identity.version, dependencies }, 'node_modules/tiny': entry };
  writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ name: identity.name, version: identity.version, lockfileVersion: 3, requires: true, packages }));
  return clone;
}

const CLI = `import { tiny } from 'tiny';
const args: string[] = process.argv.slice(2);
process.on('SIGTERM', () => process.exit(43));
console.log(JSON.stringify({ args, node: process.versions.node, tiny, temporal: process.env.TEMPORAL_BIN }));
if (args.includes('wait')) setInterval(() => undefined, 1000);
else process.exitCode = Number(args[0]) || 0;
`;

export const TINY = 'vendor/tiny-1.0.0.tgz';

/** The tarball, and its entry in the lock. */
function packTiny(clone: string): { version: string; resolved: string; integrity: string } {
  mkdirSync(join(clone, 'vendor/package'), { recursive: true });
  writeFileSync(join(clone, 'vendor/package/package.json'), JSON.stringify({ name: 'tiny', version: '1.0.0', type: 'module', exports: './index.js' }));
  writeFileSync(join(clone, 'vendor/package/index.js'), 'export const tiny = true;\n');
  execFileSync('tar', ['-czf', join(clone, TINY), '-C', join(clone, 'vendor'), 'package']);
  rmSync(join(clone, 'vendor/package'), { recursive: true });
  const integrity = `sha512-${createHash('sha512').update(readFileSync(join(clone, TINY))).digest('base64')}`;
  return { version: '1.0.0', resolved: `file:${TINY}`, integrity };
}

/** Runs a program to its end. The environment is exactly the one given. */
export function finished(file: string, args: string[], options: { env: Record<string, string>; cwd?: string }): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}
