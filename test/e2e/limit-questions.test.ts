/** The real CLI at its limits of turns, money and time: asked about, extended, finished and stopped by command, signal and update. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusMilestone } from '../../src/db/status.ts';
import type { Scenario } from '../../src/demo/scripted-messages.ts';
import { processStart } from '../../src/embedded/process-identity.ts';
import { answerSignal, answerUpdate, extendSignal, extendUpdate } from '../../src/workflows/messages.ts';
import { documentOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { milestoneWhen as whenMilestone } from './asking-project.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
}, 300_000);

afterAll(async () => {
  await service?.close();
});

async function begin(project: string, scenario: Scenario, plan: { maxTurns?: number; policy?: object; budget?: object }): Promise<void> {
  const { maxTurns = 30, policy = {}, budget } = plan;
  service.messages.setScenario(scenario);
  const whole = {
    project, workspace: { host: 'local', path: service.folder(project, { 'README.md': 'x\n' }) }, reviewer: { name: 'ollama', model: 'scripted' }, ...(budget && { budget }),
    agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } }, maxTurns },
    policy: { permissions: { allow: ['Bash(echo *)', 'Write(**)'] }, breakpoints: { milestone_completion: { enabled: false } }, ...policy },
    milestones: [{ id: 'm', tasks: [{ id: 'one', instructions: 'Echo.' }] }],
  };
  await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(whole) }), 'holdpoint.yaml'));
}

const milestoneWhen = (project: string, is: (milestone: StatusMilestone) => boolean, what: string): Promise<StatusMilestone> => whenMilestone(service, project, is, what, 120_000);

const asked = (project: string, id: string): Promise<StatusMilestone> => milestoneWhen(project, ({ waitingFor }) => waitingFor.includes(id), id);
const ended = (project: string): Promise<StatusMilestone> => milestoneWhen(project, ({ state }) => state === 'completed', `the end of ${project}`);
const milestoneOf = (project: string) => service.temporal.client.workflow.getHandle(`holdpoint/${project}/m`);

/** What each run's process was started with after that option, in order; as its host keeps it. */
function started(project: string, option: string): number[] {
  const runs = join(service.env.HOLDPOINT_HOST_STATE_DIR ?? '', 'runs');
  const commands = readdirSync(runs).map((name) => JSON.parse(readFileSync(join(runs, name, 'cmd'), 'utf8')) as { key: string; spec: { args: string[] } });
  const ofAgent = commands.filter(({ key }) => key.startsWith(`${service.install}.${project}.`));
  const seq = (key: string): number => Number(key.split('.').at(-1));
  return ofAgent.sort((a, b) => seq(a.key) - seq(b.key)).map(({ spec }) => Number(spec.args[spec.args.indexOf(option) + 1]));
}

const sessions = (): Set<string> => new Set(service.messages.requests().filter(({ counted }) => counted).map(({ session }) => session));
const raised = (project: string) => service.db.selectFrom('raised_limit').select(['what', 'level', 'amount', 'raised_by']).where('project', '=', project).orderBy('at').orderBy('key').execute();

/** Something to show for the turn. */
const write = (project: string) => ({ tool: 'Write', input: { file_path: join(service.dir, project, 'done.txt'), content: 'done\n' } });

const ECHO = { tool: 'Bash', input: { command: 'echo hello' } };

test('at its turns a run goes on once with more, then by command, by signal and with what is there: one session throughout', async () => {
  await begin('turns', { steps: [ECHO], whenDone: 'loop' }, { maxTurns: 1 });
  const first = 'turns/m/one.1/budget_exceeded.1';
  expect((await asked('turns', first)).tasks[0]?.turns).toMatchObject([{ turn: 1, outcome: 'maxTurns', rule: 'limit_reached', runs: [{ state: 'exited' }, { state: 'exited' }] }]);
  expect(started('turns', '--max-turns')).toEqual([1, 3]);
  expect((await service.cli('inbox')).stdout).toMatch(/budget_exceeded\.1 {2}high[^]*reached its limit of 3 model turns[^]*actions: extend, finish, abort/);

  expect(documentOf('extend', await service.cli('extend', 'turns/m/one', '--turns', '2', '--by', 'ann', '--json'))).toMatchObject({ target: 'turns/m/one', accepted: true, turns: 2, by: 'ann' });
  await asked('turns', 'turns/m/one.1/budget_exceeded.2');
  await milestoneOf('turns').signal(answerSignal, { breakpoint: 'turns/m/one.1/budget_exceeded.2', action: 'extend', note: '1 turn', by: 'bob' });
  await asked('turns', 'turns/m/one.1/budget_exceeded.3');
  await milestoneOf('turns').executeUpdate(answerUpdate, { args: [{ breakpoint: 'turns/m/one.1/budget_exceeded.3', action: 'finish', by: 'eve' }] });
  const done = await ended('turns');
  expect(done.tasks).toMatchObject([{ state: 'completed', turns: [{ turn: 1, outcome: 'maxTurns', decision: 'proceed' }] }]);
  expect(started('turns', '--max-turns')).toEqual([1, 3, 5, 6]);
  expect(sessions().size).toBe(1);
  expect(await raised('turns')).toEqual([{ what: 'turns', level: null, amount: 2, raised_by: 'ann' }, { what: 'turns', level: null, amount: 1, raised_by: 'bob' }]);
  const late = await service.cli('extend', 'turns/m/one', '--turns', '2');
  expect([late.code, late.stderr]).toEqual([4, expect.stringContaining('has ended')]);
}, 600_000);

test('without money the next run waits for more: by command, by signal and by update, and is told what is left', async () => {
  const costly = { ...ECHO, usage: { output_tokens: 20_000 } };
  await begin('money', { steps: [costly, costly, costly, costly, write('money'), { text: 'Done.' }] }, { budget: { task: 0.01, project: 1000 } });
  await asked('money', 'money/m/one.1/budget_exceeded.1');
  expect(started('money', '--max-budget-usd')).toEqual([0.01]);
  const text = (await service.cli('status', 'money')).stdout;
  expect(text).toMatch(/budget {2}task one of m {2}\$\d+\.\d+ of \$0\.0100 is spent/);
  const warnings = await service.db.selectFrom('event').select('message').where('project', '=', 'money').where('kind', '=', 'budget_warning').execute();
  expect(warnings).toEqual([{ message: expect.stringMatching(/^money\/m\/one: \$\S+ of \$0\.01 for the task is spent$/) }]);

  expect(documentOf('extend', await service.cli('extend', 'money', '--budget', '5', '--by', 'ann', '--json'))).toMatchObject({ target: 'money', accepted: true, budgetUsd: 5 });
  expect(await raised('money')).toEqual([{ what: 'usd', level: 'project', amount: 5, raised_by: 'ann' }]);
  expect((await service.cli('status', 'money')).stdout).toContain('$5.0000 for the project, by ann');
  const wrong = await service.cli('extend', 'money', '--turns', '5');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('turns and minutes are given to a milestone or a task')]);

  await service.json('answer', 'money/m/one.1/budget_exceeded.1', 'extend');
  await asked('money', 'money/m/one.1/budget_exceeded.2');
  expect(started('money', '--max-budget-usd')).toEqual([0.01]);
  await milestoneOf('money').signal(extendSignal, { task: 'one', budgetUsd: 50, by: 'bob' });
  await ended('money');
  const [, second = 0] = started('money', '--max-budget-usd');
  expect(second).toBeGreaterThan(40);
  expect(second).toBeLessThan(50.02);
  expect(sessions().size).toBe(1);
}, 600_000);

test('past its time a turn is asked about while its agent works: given more by command and update, stopped by signal', async () => {
  await begin('time', { steps: [{ ...ECHO, waitFor: 'never' }] }, { policy: { time: { turn: '2s' } } });
  const first = 'time/m/one.1/time_threshold_exceeded.1';
  await asked('time', first);
  const runOf = ({ tasks }: StatusMilestone) => tasks[0]?.turns[0]?.runs[0];
  // The time of a turn is counted from before its process starts.
  const { pid } = runOf(await milestoneWhen('time', (milestone) => typeof runOf(milestone)?.pid === 'number', 'the process of the agent')) ?? {};
  expect(processStart(pid ?? 0)).toBeDefined();
  await service.json('answer', first, 'extend', '--note', '3 s is 0.05 minutes');
  await asked('time', 'time/m/one.1/time_threshold_exceeded.2');
  await milestoneOf('time').executeUpdate(extendUpdate, { args: [{ task: 'one', minutes: 0.02, by: 'eve' }] });
  await asked('time', 'time/m/one.1/time_threshold_exceeded.3');
  expect(processStart(pid ?? 0)).toBeDefined();
  await eventually(() => service.messages.stats().main > 0, { timeoutMs: 120_000, what: 'the request of the agent' });
  expect(service.messages.stats().main).toBe(1);

  service.messages.setScenario({ steps: [write('time'), { text: 'Done.' }] });
  await milestoneOf('time').signal(answerSignal, { breakpoint: 'time/m/one.1/time_threshold_exceeded.3', action: 'retry', note: 'be quick', by: 'bob' });
  const done = await ended('time');
  expect(processStart(pid ?? 0)).toBeUndefined();
  expect(done.tasks[0]?.turns.map(({ outcome, runs }) => [outcome, runs.length])).toEqual([['interrupted', 1], ['completed', 1]]);
  expect(service.messages.requests().some(({ prompt }) => prompt.includes('be quick') && prompt.includes('The agent has worked at the turn for'))).toBe(true);
  expect(await raised('time')).toMatchObject([{ what: 'minutes', amount: 0.05 }, { what: 'minutes', amount: 0.02, raised_by: 'eve' }]);
}, 600_000);
