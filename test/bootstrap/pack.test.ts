/**
 * The packed tarball, installed into an empty folder with a scratch HOME, as somebody without a clone meets it. npm fetches
 * the dependencies as it does for them: from its cache where it can.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pidsOf } from '../host/support/processes.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/sshd.ts';
import { temporalBinary } from '../support/temporal-binary.ts';
import { finished, type Finished } from './clone.ts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdpoint-pack-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How to reach a registry from here: names of files and hosts, no secrets. */
const NETWORK = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'npm_config_registry', 'npm_config_cafile'];

function env(): Record<string, string> {
  const network = NETWORK.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return { ...Object.fromEntries(network), HOME: join(folder, 'home'), PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` };
}

const program = (): string => join(folder, 'app/node_modules/.bin/holdpoint');

const holdpoint = (...args: string[]): Promise<Finished> => finished(program(), args, { env: env(), cwd: join(folder, 'app') });

const MINUTES = 60_000;

describe('the tarball', () => {
  test('holds the compiled program and no sources, tests or build of ours besides', async () => {
    const packed = await finished('npm', ['pack', '--pack-destination', folder], { env: env(), cwd: root });
    expect(packed).toEqual({ code: 0, stdout: expect.any(String), stderr: expect.any(String) });
    const list = await finished('tar', ['-tzf', join(folder, `holdpoint-${version}.tgz`)], { env: env() });
    const files = list.stdout.trim().split('\n').map((line) => line.replace('package/', ''));
    expect(files).toEqual(expect.arrayContaining(['bin/holdpoint', 'dist/src/cli.js', 'dist/src/worker.js', 'dist/build/host.mjs', 'dist/build/workflows.js', 'LICENSE']));
    const strangers = files.filter((file) => !/^(bin|dist|scripts\/bootstrap|tools)\/|^(package\.json|LICENSE|README\.md|CHANGELOG\.md|migrations\/schema\.sql)$/.test(file));
    expect(strangers).toEqual([]);
    expect(files.filter((file) => file.endsWith('.ts'))).toEqual([]);
  }, 5 * MINUTES);

  test('installs into an empty folder without install scripts', async () => {
    const app = join(folder, 'app');
    mkdirSync(app);
    mkdirSync(join(folder, 'home'), { recursive: true });
    writeFileSync(join(app, 'package.json'), '{"private": true}\n');
    const tarball = join(folder, `holdpoint-${version}.tgz`);
    const installed = await finished('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball], { env: env(), cwd: app });
    expect(installed).toEqual({ code: 0, stdout: expect.any(String), stderr: expect.any(String) });
    expect(existsSync(join(app, 'node_modules/.bin/holdpoint'))).toBe(true);
  }, 5 * MINUTES);
});

describe('the installed program', () => {
  test('says its version', async () => {
    expect(await holdpoint('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('lists its commands, and prepares nothing for that', async () => {
    const help = await holdpoint('--help');
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('validate') });
    expect(readdirSync(join(folder, 'app')).sort()).toEqual(['node_modules', 'package-lock.json', 'package.json']);
  });

  test('tells a good plan from a bad one', async () => {
    expect(await holdpoint('init', 'good.yaml')).toMatchObject({ code: 0 });
    const good = await holdpoint('validate', 'good.yaml', '--json');
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(documentOf('validate', good).ok).toBe(true);
    writeFileSync(join(folder, 'app/bad.yaml'), 'project: x\n');
    const bad = await holdpoint('validate', 'bad.yaml', '--json');
    expect(bad.code).toBe(2);
    expect(documentOf('validate', bad).ok).toBe(false);
  });

  test('checks what it needs, puts its host program to work, and says what is out of reach', async () => {
    const nowhere = { DATABASE_URL: `postgres://nobody@127.0.0.1:${await freePort()}/none`, TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
    const checked = await finished(program(), ['doctor', '--json'], { env: { ...env(), ...nowhere }, cwd: join(folder, 'app') });
    expect(checked.code).toBe(5);
    const { checks } = documentOf('doctor', checked);
    expect(checks.filter(({ name, ok }) => ok && ['host', 'platform', 'node', 'git'].includes(name)).map(({ name }) => name)).toEqual(['host', 'platform', 'node', 'git']);
    expect(checks.find(({ name }) => name === 'database')?.ok).toBe(false);
  }, 5 * MINUTES);

  test('brings everything up, and takes all of it down again when it is told to end', async () => {
    const ports = ['--postgres-port', '--temporal-port', '--ui-port'];
    const args = (await Promise.all(ports.map(async (name) => [name, String(await freePort())]))).flat();
    const up = spawn(program(), ['up', '--json', ...args], { env: { ...env(), TEMPORAL_BIN: temporalBinary(root) }, cwd: join(folder, 'app'), stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    up.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = once(up, 'close') as Promise<[number | null]>;
    const [line] = await Promise.race([once(up.stdout.setEncoding('utf8'), 'data') as Promise<[string]>, ended]);
    expect({ line, said }).toMatchObject({ line: expect.stringContaining('"ready":true') });
    expect(documentOf('up', { stdout: String(line) }).temporal).toBe(`127.0.0.1:${args[3]}`);
    up.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    // The shells beside the servers are told to end and not waited for.
    await eventually(() => pidsOf(join(folder, 'app')).length === 0, { what: 'the last process to end' });
  }, 5 * MINUTES);
});
