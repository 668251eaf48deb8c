import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostKeyAlgorithms, hostKeyError, judgeHostKey } from '../../src/ssh/host-key.ts';
import { isRevokedByList, lookUpHostKeys } from '../../src/ssh/known-hosts.ts';
import type { Target } from '../../src/ssh/ssh-config.ts';
import { atEnd, failure } from './parts.ts';

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdpoint-known-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function publicKey(dir: string, name: string, type = 'ed25519'): Promise<string> {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', join(dir, name)]);
  return (await readFile(join(dir, `${name}.pub`), 'utf8')).trim();
}

const wire = (key: string): Buffer => Buffer.from(key.split(' ')[1] ?? '', 'base64');

function target(files: string[], more: Partial<Target> = {}): Target {
  const hostname = 'build.example';
  return {
    alias: 'vm', hostname, user: 'me', port: 2200, named: true, identityFiles: [], identitiesOnly: false, agentSocket: null, hostKeyName: hostname,
    hostKeyAlias: null, knownHostsFiles: files, revokedHostKeys: null, proxy: { kind: 'none' }, addressFamily: 0, connectTimeoutMs: null, keepalive: null, ...more,
  };
}

type Lines = (shown: string, other: string) => string;

const HASH = 'hash it';
const CASES: [name: string, lines: Lines, verdict: string][] = [
  ['plain with port', shown => `[build.example]:2200 ${shown}`, 'accepted'],
  ['plain without port, same key', shown => `build.example ${shown}`, 'accepted'],
  ['plain without port, other key', (_shown, other) => `build.example ${other}`, 'unknown'],
  ['another port', shown => `[build.example]:2222 ${shown}`, 'unknown'],
  ['hashed', shown => `${HASH}\n[build.example]:2200 ${shown}`, 'accepted'],
  ['hashed, other key', (_shown, other) => `${HASH}\n[build.example]:2200 ${other}`, 'changed'],
  ['a list of names', shown => `[a.example]:1,[build.example]:2200,10.0.0.1 ${shown}`, 'accepted'],
  ['wildcard', shown => `[*.example]:2200 ${shown}`, 'accepted'],
  ['negated', shown => `[*.example]:2200,![build.example]:2200 ${shown}`, 'unknown'],
  ['CRLF, comments, blanks', shown => `# words\r\n\r\n  [build.example]:2200   ${shown}  a comment\r\n`, 'accepted'],
  ['another key of the same type', (_shown, other) => `[build.example]:2200 ${other}`, 'changed'],
  ['old and new key', (shown, other) => `[build.example]:2200 ${other}\n[build.example]:2200 ${shown}`, 'accepted'],
  ['revoked', shown => `[build.example]:2200 ${shown}\n@revoked * ${shown}`, 'revoked'],
  ['another key revoked', (shown, other) => `@revoked * ${other}\n[build.example]:2200 ${shown}`, 'accepted'],
  ['only a certificate authority', shown => `@cert-authority * ${shown}`, 'unknown'],
  ['rubbish', () => 'no key at all\n[build.example]:2200\n\0\x01', 'unknown'],
  ['empty', () => '', 'unknown'],
];

describe('known_hosts', () => {
  test.each(CASES)('%s', async (_name, lines, verdict) => {
    const dir = await folder();
    const [shown, other] = [await publicKey(dir, 'shown'), await publicKey(dir, 'other')];
    const file = join(dir, 'known hosts');
    const text = lines(shown, other);
    await writeFile(file, `${text.replace(`${HASH}\n`, '')}\n`);
    if (text.startsWith(HASH)) execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    const known = await lookUpHostKeys(target([join(dir, 'missing'), file]));
    expect(judgeHostKey(known, wire(shown)).kind).toBe(verdict);
  });

  test('names file and line of a key that changed, and the commands for one that is unknown', async () => {
    const dir = await folder();
    const [shown, other] = [await publicKey(dir, 'shown'), await publicKey(dir, 'other')];
    const file = join(dir, 'known_hosts');
    await writeFile(file, `# one\n[build.example]:2200 ${other}\n`);
    const at = target([file]);
    expect(hostKeyError(at, await lookUpHostKeys(at), wire(shown))).toMatchObject({ kind: 'host_key_changed', where: { file, line: 2 } });
    const fingerprint = execFileSync('ssh-keygen', ['-lf', join(dir, 'shown.pub')], { encoding: 'utf8' }).split(' ')[1] ?? 'none';
    const unknown = hostKeyError(at, [], wire(shown));
    expect(unknown).toMatchObject({ kind: 'host_key_unknown', hint: expect.stringContaining(`ssh-keyscan -p 2200 build.example`) as unknown });
    expect(unknown?.message).toContain(fingerprint);
  });

  test('a key of another type is unknown, and known types are asked for first', async () => {
    const dir = await folder();
    const [ecdsa, ed25519] = [await publicKey(dir, 'ecdsa', 'ecdsa'), await publicKey(dir, 'ed25519')];
    const file = join(dir, 'known_hosts');
    await writeFile(file, `[build.example]:2200 ${ecdsa}\n`);
    const known = await lookUpHostKeys(target([file]));
    expect(judgeHostKey(known, wire(ed25519)).kind).toBe('unknown');
    expect(hostKeyAlgorithms(known).slice(0, 2)).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519']);
    expect(hostKeyAlgorithms([])).not.toContain('ssh-rsa');
  });

  test('HostKeyAlias stands alone, without the port', async () => {
    const dir = await folder();
    const shown = await publicKey(dir, 'shown');
    const file = join(dir, 'known_hosts');
    await writeFile(file, `farm ${shown}\n`);
    const known = await lookUpHostKeys(target([file], { hostKeyAlias: 'farm', hostKeyName: 'farm' }));
    expect(judgeHostKey(known, wire(shown)).kind).toBe('accepted');
  });

  test('revocation lists count, and refuse when they cannot be read', async () => {
    const dir = await folder();
    const [bad, good] = [await publicKey(dir, 'bad'), await publicKey(dir, 'good')];
    execFileSync('ssh-keygen', ['-q', '-k', '-f', join(dir, 'krl'), join(dir, 'bad.pub')]);
    await writeFile(join(dir, 'list'), `${bad}\n`);
    for (const list of ['krl', 'list']) {
      expect(await isRevokedByList(join(dir, list), bad)).toBe(true);
      expect(await isRevokedByList(join(dir, list), good)).toBe(false);
    }
    expect(await failure(isRevokedByList(join(dir, 'missing'), good))).toMatchObject({ kind: 'bad_input' });
  });
});
