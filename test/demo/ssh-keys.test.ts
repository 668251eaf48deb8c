/** Keys of the demo's SSH host: each can be read by those who use it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import ssh2 from 'ssh2';
import { writeSshFiles } from '../../src/demo/ssh/host.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-keys-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

const isRefused = (key: string): boolean => ssh2.utils.parseKey(key) instanceof Error;

/** One in 256 that the library makes. */
function brokenPair(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (let n = 0; n < 20_000; n += 1) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (isRefused(pair.private)) return pair;
  }
  throw new Error('the library makes no broken keys any more: what looks for them can go');
}

test('a key that the library has made too short is made again', () => {
  const broken = brokenPair();
  jest.spyOn(ssh2.utils, 'generateKeyPairSync').mockReturnValueOnce(broken).mockReturnValueOnce(broken);
  const { hostKey, userKey, hostPublicKey, userPublicKey } = writeSshFiles(dir);
  expect([hostKey, userKey].map((file) => isRefused(readFileSync(file, 'utf8')))).toEqual([false, false]);
  for (const key of [hostPublicKey, userPublicKey]) expect(Buffer.from(key.split(' ')[1] ?? '', 'base64')).toHaveLength(4 + 'ssh-ed25519'.length + 4 + 32);
});
