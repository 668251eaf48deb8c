/** A copy of the clone to break: its files as they stand, the dependencies and tools shared by links. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Copy {
  root: string;
  remove(): void;
}

export function copyClone(root: string): Copy {
  const to = mkdtempSync(join(tmpdir(), 'hp-mutations-'));
  chmodSync(to, 0o755); // some tests run host programs as another user
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(root, file), join(to, file), { verbatimSymlinks: true });
  }
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'));
  mkdirSync(join(to, '.holdpoint'));
  symlinkSync(join(root, '.holdpoint/tools'), join(to, '.holdpoint/tools'));
  // Patches are applied from here, and a folder of its own keeps git from looking for a repository above it.
  execFileSync('git', ['init', '-q', to]);
  return { root: to, remove: () => rmSync(to, { recursive: true, force: true }) };
}
