/** The agent's transcript outlives its host: gone with all of the agent's folders, it is put back, and the real CLI goes on in its session. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument } from '../../src/db/status.ts';
import { keptTranscript } from '../../src/db/transcripts.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 300_000);
afterAll(() => service?.close());

/** The first attempt writes what the check does not like; a person is asked between the two. */
async function begin(project: string, steps: Step[], instructions = 'Write good.txt.'): Promise<void> {
  const workspace = service.folder(project, { 'README.md': 'x\n' });
  service.messages.setScenario({ steps });
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    agent: { name: 'claude-code', attempts: 1, auth: { apiKey: { env: 'TEST_API_KEY' } } }, checks: [{ name: 'good', run: 'test -e good.txt' }],
    policy: { permissions: { allow: ['Write(**)', 'Bash(*)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', tasks: [{ id: 'one', instructions }] }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
}

const question = (project: string) => eventually(async () => {
  const { projects } = await service.json<StatusDocument>('status', project);
  const id = projects[0]?.milestones[0]?.waitingFor[0];
  if (id === undefined) throw new Error(`it is ${projects[0]?.milestones[0]?.state}: ${projects[0]?.milestones[0]?.reason}`);
  return id;
}, { timeoutMs: 120_000, everyMs: 300, what: 'the question about the failed check' });

const ended = (project: string) => eventually(async () => {
  const { projects } = await service.json<StatusDocument>('status', project);
  if (projects[0]?.milestones[0]?.state !== 'completed') throw new Error(`it is ${projects[0]?.milestones[0]?.state}`);
  return true;
}, { timeoutMs: 120_000, everyMs: 300, what: 'its end' });

const turns = (project: string) => service.db.selectFrom('turn').select(['id', 'turn', 'session_id', 'resume', 'prompt']).where('project', '=', project).orderBy('turn').execute();
const events = (project: string) => service.db.selectFrom('event').select(['kind', 'message']).where('project', '=', project).where('kind', 'like', '%session%').execute();
const files = (session: string): string[] => globSync(join(service.dir, 'host-state/sessions', session, 'projects/*/*.jsonl'));

/** As after the loss of the machine: nothing of the agent's is left. */
function loseSessions(): void {
  rmSync(join(service.dir, 'host-state/sessions'), { recursive: true });
  rmSync(join(service.dir, 'home'), { recursive: true, force: true });
}

const write = (path: string): Step => ({ tool: 'Write', input: { file_path: join(service.dir, path), content: 'g' } });

test('a session whose file is gone is put back byte for byte, and the model knows what was said before', async () => {
  await begin('rebuilt', [write('rebuilt/bad.txt'), { text: 'The password of the day is swordfish.' }, write('rebuilt/good.txt'), { text: 'Done.' }]);
  const id = await question('rebuilt');
  const [first] = await turns('rebuilt');
  const session = first?.session_id ?? '';
  const [path = ''] = files(session);
  const before = readFileSync(path);
  const kept = await keptTranscript(service.db, session);
  expect([kept?.hidden, kept?.sha256, kept?.text.equals(before)]).toEqual([false, createHash('sha256').update(before).digest('hex'), true]);

  expect((await service.cli('transcript', 'rebuilt/m/one.1')).stdout).toBe(before.toString('utf8'));
  expect(documentOf('transcript', await service.cli('transcript', 'rebuilt/m/one.1', '--json'))).toMatchObject({ session, hidden: false, sha256: kept?.sha256 });
  expect(await service.cli('transcript', 'rebuilt/m')).toMatchObject({ code: 2, stderr: expect.stringContaining('is no turn') });

  loseSessions();
  await service.json('answer', id, 'retry', '--note', 'Go on.');
  await ended('rebuilt');
  const [, second] = await turns('rebuilt');
  expect([second?.session_id, second?.resume, second?.prompt.includes('# Your conversation')]).toEqual([session, true, false]);
  expect(await events('rebuilt')).toEqual([{ kind: 'session_put_back', message: expect.stringContaining('was put back as it was') }]);
  // All of the conversation is in the request: it has more messages than a prompt and an answer.
  const requests = service.messages.requests().filter(({ counted }) => counted);
  expect(requests[2]?.messages).toBeGreaterThanOrEqual((requests[1]?.messages ?? 0) + 2);
  const [now = ''] = files(session);
  expect(readFileSync(now).subarray(0, before.length).equals(before)).toBe(true);
  expect(readFileSync(now, 'utf8')).toContain('swordfish');
  // Only what was added was stored with the second turn, and the file as it was after the first can still be had.
  expect((await keptTranscript(service.db, session))?.text.equals(readFileSync(now))).toBe(true);
  expect((await keptTranscript(service.db, session, first?.id))?.text.equals(before)).toBe(true);
  const parts = await service.db.selectFrom('transcript_part').select(['turn_id', 'from_byte', 'generation']).where('session_id', '=', session).orderBy('id').execute();
  expect(parts).toEqual([{ turn_id: first?.id, from_byte: 0, generation: 1 }, { turn_id: second?.id, from_byte: before.length, generation: 1 }]);
}, 600_000);

test('the two turns are put side by side', async () => {
  const found = documentOf('compare', await service.cli('compare', 'rebuilt/m/one.1', 'rebuilt/m/one.2', '--json'));
  expect([found.a.checks, found.b.checks]).toEqual([[{ name: 'good', outcome: 'stillFailing', exitCode: 1 }], [{ name: 'good', outcome: 'fixed', exitCode: 0 }]]);
  expect([found.a.to, found.sameTree, found.changes]).toEqual([found.b.from, false, [expect.objectContaining({ op: 'add', path: 'good.txt' })]]);
  expect([found.a.decisions, found.b.decisions].map((list) => list.map(({ turn, decision }) => [turn, decision]))).toEqual([[[1, 'breakpoint']], [[2, 'proceed']]]);
  const { stdout } = await service.cli('compare', 'rebuilt/m/one.1', 'rebuilt/m');
  expect(stdout).toMatch(/check good +stillFailing +fixed\n/);
  expect(stdout).toMatch(/turns +1 +2\n/);
  expect(stdout).toMatch(/add +good\.txt/);
  expect(await service.cli('compare', 'rebuilt', 'rebuilt/m')).toMatchObject({ code: 2, stderr: expect.stringContaining('is a whole project') });
  expect(await service.cli('compare', 'rebuilt/m', 'rebuilt/n')).toMatchObject({ code: 3 });
}, 600_000);

test('a secret is in no copy, and the agent is told that its conversation has gaps', async () => {
  const secret = service.env.TEST_API_KEY ?? '';
  await begin('secret', [{ tool: 'Bash', input: { command: 'echo "$ANTHROPIC_API_KEY"' } }, { text: 'I have seen it.' }, write('secret/good.txt'), { text: 'Done.' }]);
  const id = await question('secret');
  const [first] = await turns('secret');
  const session = first?.session_id ?? '';
  expect(readFileSync(files(session)[0] ?? '', 'utf8')).toContain(secret);
  const kept = await keptTranscript(service.db, session);
  expect([kept?.hidden, kept?.text.includes(secret), kept?.text.includes('[redacted]')]).toEqual([true, false, true]);

  loseSessions();
  await service.json('answer', id, 'retry');
  await ended('secret');
  const [, second] = await turns('secret');
  expect([second?.session_id, second?.resume]).toEqual([session, true]);
  expect(second?.prompt).toContain('put back from a copy in which credentials are hidden');
  expect(readFileSync(files(session)[0] ?? '', 'utf8')).not.toContain(secret);
  expect(await events('secret')).toEqual([{ kind: 'session_put_back', message: expect.stringContaining('secrets are hidden') }]);
}, 600_000);

test('where there is no copy either, the agent begins anew and is told so', async () => {
  await begin('gone', [write('gone/bad.txt'), { text: 'Not yet.' }]);
  const id = await question('gone');
  const [first] = await turns('gone');
  loseSessions();
  service.messages.setScenario({ steps: [write('gone/good.txt'), { text: 'Done.' }] });
  await service.db.deleteFrom('transcript_part').where('session_id', '=', first?.session_id ?? '').execute();
  await service.json('answer', id, 'retry');
  await ended('gone');
  const [, second] = await turns('gone');
  expect([second?.session_id === first?.session_id, second?.resume, second?.prompt.includes('this is a new conversation')]).toEqual([false, false, true]);
  expect(await events('gone')).toEqual([{ kind: 'session_lost', message: expect.stringContaining('no copy is kept') }]);
}, 600_000);
