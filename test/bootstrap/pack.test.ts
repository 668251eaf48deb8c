/**
 * The packed tarball, installed into an empty folder with a scratch HOME, as somebody without a clone meets it. npm fetches
 * the dependencies as it does for them: from its cache where it can.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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

const holdpoint = (...args: string[]): Promise<Finished> => finished(join(folder, 'app/node_modules/.bin/holdpoint'), args, { env: env(), cwd: join(folder, 'app') });

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

  // doctor, validate and up belong here as well: each as `holdpoint(...)`, with the folder as its working directory.
});
