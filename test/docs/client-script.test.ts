/** examples/start-project.ts as its reader runs it, against the whole service. */
import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startScriptedService, writePlan } from '../e2e/scripted-project.ts';
import type { Service } from '../support/service.ts';
import { ROOT } from './blocks.ts';

const run = promisify(execFile);

let service: Service;
let command: string;

beforeAll(async () => {
  service = await startScriptedService();
  // The launcher would look after the clone's dependencies; the tests have done that.
  const shim = `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${join(ROOT, 'src/cli.ts')}' "$@"\n`;
  command = join(service.folder('bin', { holdpoint: shim }), 'holdpoint');
  chmodSync(command, 0o755);
}, 300_000);

afterAll(() => service.close());

const script = (...args: string[]): Promise<{ stdout: string }> =>
  run(process.execPath, [join(ROOT, 'examples/start-project.ts'), ...args], { env: service.env, cwd: dirname(command) });

const planOf = (project: string, exitCode: number): string => writePlan(service, {
  project, asks: false, checks: [{ name: 'outcome', run: `exit ${exitCode}` }],
  milestones: [{ id: 'only', title: 'Only', tasks: [{ id: 'one', title: 'One', steps: [{ write: 'src/one.js', content: '1' }] }] }],
});

test('it starts the plan, waits for its end and says how it ended; a second time it begins anew', async () => {
  const plan = planOf('from-a-script', 0);
  expect((await script(plan, command)).stdout).toBe('workflow holdpoint/from-a-script\nstate completed\n');
  expect((await script(plan, command)).stdout).toBe('workflow holdpoint/from-a-script\nstate completed\n');
  expect(await service.db.selectFrom('turn').select('task').execute()).toHaveLength(2);
}, 300_000);

test('without a plan it says how it is called', async () => {
  await expect(script()).rejects.toThrow(/usage: node examples\/start-project\.ts PLAN/);
});
