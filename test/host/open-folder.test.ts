/** A folder is opened level by level, and never through a link, whichever level it stands at. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { OpenFolder } from '../../src/host/snapshot/open-folder.ts';

const dir = mkdtempSync(join(tmpdir(), 'hp-open-folder-'));
const root = join(dir, 'root');
mkdirSync(join(root, 'own/deep'), { recursive: true });
writeFileSync(join(root, 'own/deep/file'), 'own');
mkdirSync(join(dir, 'outside/deep'), { recursive: true });
writeFileSync(join(dir, 'outside/deep/file'), 'secret');
symlinkSync(join(dir, 'outside'), join(root, 'linked'));
symlinkSync(join(dir, 'outside/deep'), join(root, 'own/linked'));
symlinkSync(root, join(dir, 'root-linked'));
afterAll(() => rmSync(dir, { recursive: true }));

test('what is below the root is reached', () => {
  const folder = new OpenFolder(root, 'own/deep/');
  expect(readFileSync(folder.place('file'), 'utf8')).toBe('own');
  folder.close();
  folder.close();
});

test.each([['a folder', root, 'own/linked/'], ['a level above', root, 'linked/deep/'], ['the root', join(dir, 'root-linked'), 'own/deep/']])('%s that is a link is refused', (_, at, path) => {
  expect(() => new OpenFolder(at, path).place('file')).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(ENOTDIR|ELOOP)$/) }));
});
