/** `doctor --json` against a service whose parts a test takes away, one after the other. */
import { expect } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { doctorDocument, type DoctorDocument } from '../../src/domain/documents/service.ts';
import { DEFAULT_REVIEWER_MODEL } from '../../src/domain/plan-schema/file.ts';
import { runCli } from '../support/cli.ts';
import { startService, type Service } from '../support/service.ts';

export const startedService = (worker: boolean): Promise<Service> => startService({
  worker, reviews: { models: [DEFAULT_REVIEWER_MODEL], otherwise: { text: 'never asked' } },
});

/** Null takes a variable away. */
export type Changes = Record<string, string | null>;

export interface Examined {
  code: number | null;
  document: DoctorDocument;
  /** Names of what is not ok. */
  wrong: string[];
  check: (name: string) => DoctorDocument['checks'][number] | undefined;
}

/** The service's environment without the scripted address, so that the login counts. */
export function doctorEnv(service: Service, changes: Changes): Record<string, string> {
  const all = Object.entries<string | null>({ ...service.env, HOLDPOINT_CLAUDE_BASE_URL: null, ...changes });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Runs it; the document must be the published one, and each failure must say what to do. */
export async function examine(service: Service, args: string[], changes: Changes = {}): Promise<Examined> {
  const { code, stdout, stderr } = await runCli(['doctor', ...args, '--json'], { env: doctorEnv(service, changes), cwd: service.dir });
  expect(stderr).toBe('');
  expect(stdout.trimEnd()).not.toContain('\n');
  const document = doctorDocument.parse(JSON.parse(stdout));
  for (const { ok, cure } of document.checks) expect(cure === undefined).toBe(ok);
  const wrong = document.checks.filter(({ ok }) => !ok).map(({ name }) => name);
  expect(document.ok).toBe(wrong.length === 0);
  return { code, document, wrong, check: (name) => document.checks.find((check) => check.name === name) };
}

/** What the CLI keeps of a login, with a token nobody would accept. */
export function storeLogin(home: string): void {
  const login = { accessToken: 'scripted-token', refreshToken: 'scripted-token', expiresAt: 1, scopes: ['user:inference'], subscriptionType: 'pro' };
  mkdirSync(join(home, '.claude'), { recursive: true });
  writeFileSync(join(home, '.claude/.credentials.json'), JSON.stringify({ claudeAiOauth: login }), { mode: 0o600 });
}

/** A script in place of a program. */
export function script(dir: string, name: string, body: string): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return join(dir, name);
}

export interface Silent {
  port: number;
  /** Connections so far. */
  met: () => number;
  close: () => Promise<void>;
}

/** Takes connections and says nothing. */
export async function startSilent(): Promise<Silent> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    met: () => sockets.length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
