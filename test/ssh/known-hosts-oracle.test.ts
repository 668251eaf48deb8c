/**
 * OpenSSH's own client is the oracle: for every form that known_hosts has, it and we agree whether the same server may be
 * signed in to, and after our refusal the server has seen no request to sign in.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectSsh } from '../../src/ssh/connect.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithSshd, makeKey, startSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';
import { openssh } from './parts.ts';

/** What stands in the file, given the key that the server shows and one that it does not; null: there is no file. */
type Form = (at: { port: number; shown: string; other: string }) => string | null;

const NAME = (port: number): string => `[127.0.0.1]:${port}`;

const FORMS: [name: string, form: Form, verdict: 'in' | 'host_key_unknown' | 'host_key_changed'][] = [
  ['[host]:port', ({ port, shown }) => `${NAME(port)} ${shown}`, 'in'],
  ['a plain name, without the port', ({ shown }) => `127.0.0.1 ${shown}`, 'in'],
  ['hashed', ({ port, shown }) => `HASH ${NAME(port)} ${shown}`, 'in'],
  ['wildcards', ({ port, shown }) => `[127.*.?.1]:${port} ${shown}`, 'in'],
  ['negated', ({ port, shown }) => `[127.*]:${port},!${NAME(port)} ${shown}`, 'host_key_unknown'],
  ['line ends of Windows, blanks and comments', ({ port, shown }) => `# hosts\r\n\r\n ${NAME(port)}  ${shown} a comment\r`, 'in'],
  ['@revoked', ({ port, shown }) => `${NAME(port)} ${shown}\n@revoked * ${shown}`, 'host_key_changed'],
  ['@cert-authority', ({ shown }) => `@cert-authority * ${shown}`, 'host_key_unknown'],
  ['a file that is missing', () => null, 'host_key_unknown'],
  ['a changed key', ({ port, other }) => `${NAME(port)} ${other}`, 'host_key_changed'],
  ['several keys and names', ({ port, shown, other }) => `${NAME(port)} ${other}\nelse.example,${NAME(port)},10.0.0.1 ${shown}`, 'in'],
];

let sshd: TestSshd;
let other: string;

beforeAll(async () => {
  sshd = await startSshd();
  makeKey(join(sshd.dir, 'other'));
  other = readFileSync(join(sshd.dir, 'other.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
});
afterAll(() => sshd?.close());

function write(text: string | null): void {
  rmSync(sshd.knownHostsFile, { force: true });
  if (text === null) return;
  writeFileSync(sshd.knownHostsFile, `${text.replace('HASH ', '')}\n`);
  if (text.startsWith('HASH ')) execFileSync('ssh-keygen', ['-H', '-f', sshd.knownHostsFile], { stdio: 'ignore' });
}

async function opensshGoesIn(): Promise<boolean> {
  const options = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'UpdateHostKeys=no'];
  return (await openssh('ssh', ['-F', sshd.configFile, ...options, sshd.alias, 'true'])).code === 0;
}

/** The server has said how the connection after these ended. */
const closedAfter = (connections: number): boolean => {
  const log = sshd.logs().split(/^Connection from /m).slice(connections + 1).join('');
  return /Connection closed by|Disconnected from|Connection reset by|Received disconnect|Close session|Unable to negotiate/.test(log);
};

async function weGoIn(): Promise<string> {
  const options = {
    bundlePath: '', nodeBinary: '', sshConfigFile: sshd.configFile, sshAgentSocket: null, stateDir: null,
    keepalive: { intervalMs: 5_000, countMax: 3 }, connectTimeoutMs: 20_000, callTimeoutMs: 20_000,
  };
  return connectSsh({ alias: sshd.alias, user: null, port: null, through: null }, options, new AbortController().signal)
    .then(async (connection) => connection.close().then(() => 'in'), (error: { kind: string }) => error.kind);
}

describeWithSshd('known_hosts, as OpenSSH reads it', () => {
  test.each(FORMS)('%s', async (_name, form, verdict) => {
    write(form({ port: sshd.port, shown: sshd.hostKey, other }));
    expect(await opensshGoesIn()).toBe(verdict === 'in');
    const [connections, requests] = [sshd.connections(), sshd.signInRequests()];
    expect(await weGoIn()).toBe(verdict);
    await eventually(() => sshd.connections() > connections && closedAfter(connections), { what: 'the server to tell of the connection' });
    expect(sshd.signInRequests() > requests).toBe(verdict === 'in');
  });

  test('all eleven forms are there', () => {
    expect(FORMS).toHaveLength(11);
  });
});
