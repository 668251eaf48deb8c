/** A project started, watched and released with nothing but Temporal's own CLI: the real program, the real service behind it. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MilestoneStatus, OpenBreakpoint } from '../../src/workflows/messages.ts';
import { eventually } from '../support/eventually.ts';
import { temporalBinary } from '../support/temporal-binary.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService, writePlan } from './scripted-project.ts';

const run = promisify(execFile);

/** No review has ever been less sure; without a check there is no other evidence. */
const UNSURE = { requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0 };

const milestone = (id: string, title: string) => ({
  id, title, tasks: [{ id: `all-${id}`, title: `All of ${id}`, steps: [{ write: `src/${id}.js`, content: id }, { cost: 0.25 }] }],
});

let service: Service;
/** What the start line printed. */
let said: string;

beforeAll(async () => {
  service = await startScriptedService({ reviews: { models: ['scripted'], otherwise: { review: UNSURE } } });
  const plan = writePlan(service, { project: 'letters', milestones: [milestone('ascii', 'ASCII letters'), milestone('unicode', 'All letters')] });
  const { code, stdout, stderr } = await service.cli('start', plan, '--register-only');
  if (code !== 0) throw new Error(stderr);
  said = await shell(stdout.split('\n').find((line) => line.startsWith('temporal ')) ?? 'false');
}, 300_000);

afterAll(() => service.close());

/** The line as it was printed, in a shell that knows where the server is and nothing else. */
async function shell(line: string): Promise<string> {
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = service.env;
  const PATH = `${dirname(temporalBinary(join(import.meta.dirname, '../..')))}:/usr/bin:/bin`;
  return (await run('/bin/sh', ['-c', line], { env: { PATH, HOME: service.env.HOME, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } })).stdout;
}

/** What it said when it failed; throws when it did not. */
async function refusedShell(line: string): Promise<string> {
  const failure = await shell(line).then(() => null, (error: { stdout: string; stderr: string }) => error.stderr + error.stdout);
  if (failure === null) throw new Error(`it was not refused: ${line}`);
  return failure;
}

const quoted = (payload: object): string => `'${JSON.stringify(payload)}'`;

const answerNow = (workflowId: string, payload: object): string =>
  `temporal workflow update execute --workflow-id ${workflowId} --name answerNow --input ${quoted(payload)}`;

async function query<T>(workflowId: string, type: string): Promise<T> {
  const out = await shell(`temporal workflow query --workflow-id ${workflowId} --type ${type} --output json`);
  const { queryResult: [result] } = JSON.parse(out) as { queryResult: [T] };
  return result;
}

/** Current details; without the figure spaces that hold the table's columns apart in the Web UI. */
const pageOf = async (workflowId: string): Promise<string> =>
  (await shell(`temporal workflow metadata --workflow-id ${workflowId}`)).replaceAll('\u2007', '');

/** The only open question, with the line that `inbox --json` gives for it. */
async function question(kind: string): Promise<OpenBreakpoint & { workflowId: string; answerWith: { temporal: string } }> {
  type Entry = OpenBreakpoint & { workflowId: string; answerWith: { temporal: string } };
  const probe = async (): Promise<Entry | undefined> => {
    const { breakpoints } = await service.json<{ breakpoints: Entry[] }>('inbox');
    return breakpoints.find((b) => b.kind === kind);
  };
  return eventually(probe, { timeoutMs: 120_000, everyMs: 200, what: `an open ${kind}` });
}

describe('a project without our CLI', () => {
  const first = 'holdpoint/letters/ascii';
  const second = 'holdpoint/letters/unicode';

  test('is started by the line that `start --register-only` prints', async () => {
    expect(said).toMatch(/WorkflowId\s+holdpoint\/letters\n/);
    await milestoneIn(service, 'letters', 'ascii', 'waiting');
  });

  test('is watched by list, queries and metadata', async () => {
    const { id } = await question('confidence_too_low');
    const waiting = `temporal workflow list --query 'HoldpointState="waiting"'`;
    expect(await eventually(() => shell(waiting).then((out) => (out.includes(first) ? out : null)), { what: 'the list' })).not.toMatch(/holdpoint\/letters\s/); // which runs
    expect(await query<MilestoneStatus>(first, 'status')).toMatchObject({ id: 'ascii', state: 'waiting', waitingFor: [id], tasks: [{ id: 'all-ascii', state: 'blocked', turn: 1 }] });
    expect(await query<OpenBreakpoint[]>(first, 'breakpoints')).toMatchObject([{ id, kind: 'confidence_too_low', task: 'all-ascii', turn: 1 }]);
    expect(await query('holdpoint/letters', 'status')).toMatchObject({ state: 'running', milestones: [{ id: 'ascii', state: 'running' }, { state: 'pending' }] });
    const details = await pageOf(first);
    expect(details).toContain('| all-ascii | All of ascii | blocked | 1 |');
    expect(details).toContain(`holdpoint answer ${id} approve`);
  });

  test('shows on the project\'s own page what its milestones do', async () => {
    const page = await pageOf('holdpoint/letters');
    expect(page).toContain('| ascii | ASCII letters | running |');
    expect(page).toContain('| unicode | All letters | pending |');
    const [line = ''] = /temporal workflow list .*/.exec(page) ?? [];
    expect(await shell(line)).toContain(first);
  });

  test('gives the reason when an update is refused, and goes on waiting', async () => {
    const { id } = await question('confidence_too_low');
    const notOpen = answerNow(first, { breakpoint: 'letters/ascii/milestone_completion.1', action: 'approve' });
    expect(await refusedShell(notOpen)).toContain('letters/ascii/milestone_completion.1 is not open (type: not_open');
    expect(await refusedShell(answerNow(first, { breakpoint: id, action: 'skip' }))).toContain('only with approve, revise, retry, abort (type: action_not_allowed');
    expect(await refusedShell(answerNow(first, { breakpoint: id, action: 'revise' }))).toContain('"revise" needs a note');
    expect(await refusedShell(answerNow(second, { breakpoint: id, action: 'approve' }))).toMatch(/not ?found/i);
    expect((await query<MilestoneStatus>(first, 'status')).waitingFor).toEqual([id]);
  });

  test('goes on by the signal line that the inbox prints; a late update learns who was first', async () => {
    const { id, answerWith } = await question('confidence_too_low');
    expect(await shell(answerWith.temporal)).toContain('Signal');
    const last = await question('milestone_completion');
    expect(await refusedShell(answerNow(first, { breakpoint: id, action: 'approve' }))).toMatch(/answered with "approve" by somebody at .*already_answered/);
    await shell(`temporal workflow signal --workflow-id ${first} --name answer --input ${quoted({ breakpoint: last.id, action: 'approve', by: 'a signal' })}`);
    await milestoneIn(service, 'letters', 'ascii', 'completed');
  });

  test('ends by updates, each accepted with a result', async () => {
    const unsure = await question('confidence_too_low');
    expect(unsure.workflowId).toBe(second);
    expect(await shell(answerNow(second, { breakpoint: unsure.id, action: 'approve', note: 'seen' }))).toMatch(/accepted.*true/);
    const last = await question('milestone_completion');
    await shell(answerNow(second, { breakpoint: last.id, action: 'approve', by: 'an update' }));
    await milestoneIn(service, 'letters', 'unicode', 'completed');
    expect(await shell('temporal workflow result --workflow-id holdpoint/letters')).toMatch(/COMPLETED[^]*"costUsd":0.5/);
    const answers = await service.db.selectFrom('breakpoint').select(['via', 'answered_by']).orderBy('opened_at').execute();
    expect(answers.map(({ via, answered_by: by }) => [via, by])).toEqual([['signal', null], ['signal', 'a signal'], ['update', null], ['update', 'an update']]);
  });

  test('that nobody stored fails and says so', async () => {
    const input = quoted({ project: 'letters', planSha256: '0'.repeat(64) });
    await shell(`temporal workflow start --type projectWorkflow --task-queue holdpoint --workflow-id holdpoint/unknown --input ${input}`);
    const failure = await refusedShell('temporal workflow result --workflow-id holdpoint/unknown');
    expect(failure).toContain('no plan 000');
  });
});
