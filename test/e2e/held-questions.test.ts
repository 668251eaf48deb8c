/**
 * Four questions about what keeps an agent from its work: its sign-in, its usage, its API's silence, its host. Each is raised by the
 * cause itself under the real CLI, and answered by command, by signal and by update; what each answer leads to is watched from outside.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusMilestone, StatusTurn } from '../../src/db/status.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { processStart } from '../../src/embedded/process-identity.ts';
import { startFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts';
import { startService, type Service } from '../support/service.ts';
import { describeWithSshd, startSshd, type TestSshd } from '../support/sshd.ts';
import { bash, milestoneWhen, question, signal, update } from './asking-project.ts';

const AWAY = 'far-host';

describeWithSshd('what keeps an agent from its work', () => {
  let sshd: TestSshd;
  /** Before the host. */
  let link: FaultyProxy;
  let service: Service;

  beforeAll(async () => {
    sshd = await startSshd();
    link = await startFaultyProxy(sshd.port);
    await sshd.addAlias(AWAY, { Port: String(link.port), HostKeyAlias: `[127.0.0.1]:${sshd.port}` });
    service = await startService({ env: { HOLDPOINT_SSH_CONFIG_FILE: sshd.configFile } });
  }, 300_000);

  afterAll(async () => {
    await service?.close();
    await link?.close();
    await sshd?.close();
  });

  interface Held {
    host?: string;
    auth?: object;
    policy?: object;
  }

  /** Two tasks, one after the other. */
  async function begin(project: string, { host = 'local', auth = { apiKey: { env: 'TEST_API_KEY' } }, policy = {} }: Held = {}): Promise<void> {
    const plan = {
      project, workspace: { host, path: service.folder(project, { 'README.md': 'x\n' }) }, reviewer: { name: 'ollama', model: 'scripted' },
      agent: { name: 'claude-code', attempts: 2, auth },
      policy: { permissions: { allow: ['Bash(echo *)', 'Write(*.txt)'] }, breakpoints: { milestone_completion: { enabled: false } }, ...policy },
      milestones: [{ id: 'm', tasks: [{ id: 'one', instructions: 'See to one.' }, { id: 'two', instructions: 'See to two.', dependsOn: ['one'] }] }],
    };
    await service.json('start', join(service.folder(`${project}-plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
  }

  /** The model does what the first task wants, and whatever else is asked of it meets `otherwise`. */
  const onlyFirst = (otherwise: Step): void => service.messages.setScenario({
    prompts: [{ match: 'See to one.', steps: [bash('echo done >> one.txt'), { text: 'Done.' }] }], steps: [otherwise], whenDone: otherwise,
  });

  const always = (step: Step): void => service.messages.setScenario({ steps: [step], whenDone: step });

  const turnsOf = ({ tasks }: StatusMilestone, id: string): StatusTurn[] => tasks.find((task) => task.id === id)?.turns ?? [];
  const ended = (project: string): Promise<StatusMilestone> => milestoneWhen(service, project, ({ state }) => ['failed', 'cancelled', 'completed'].includes(state), `the end of ${project}`);
  const answers = (project: string) =>
    service.db.selectFrom('breakpoint').select(['id', 'action', 'via', 'answered_by']).where('project', '=', project).orderBy('opened_at').execute();

  const answered = (project: string, kind: string) => [
    { id: `${project}/m/one.1/${kind}.1`, action: 'retry', via: 'cli', answered_by: 'ann' },
    { id: `${project}/m/one.1/${kind}.2`, action: 'retry', via: 'signal', answered_by: 'bob' },
    { id: `${project}/m/two.1/${kind}.1`, action: 'abort', via: 'update', answered_by: 'eve' },
  ];

  /**
   * Asked, retried by command while the cause is there still, asked anew; retried by signal when it is gone, so that the first task
   * ends; asked about the second, and aborted by update.
   */
  async function throughAll(project: string, kind: string, gone: () => void): Promise<StatusMilestone> {
    const [first, second, third] = [`${project}/m/one.1/${kind}.1`, `${project}/m/one.1/${kind}.2`, `${project}/m/two.1/${kind}.1`];
    expect(await question(service, first)).toMatchObject({ kind, priority: 'high', actions: expect.arrayContaining(['retry', 'abort']) });
    await service.json('answer', first, 'retry', '--by', 'ann');
    await question(service, second);
    gone();
    await signal(service, project, { breakpoint: second, action: 'retry', by: 'bob' });
    await question(service, third);
    await update(service, project, { breakpoint: third, action: 'abort', by: 'eve' });
    const end = await ended(project);
    expect(await answers(project)).toEqual(answered(project, kind));
    return end;
  }

  test('sign_in_required: the same turn goes on once the sign-in is put right, and no attempt is lost', async () => {
    const refused: Step = { error: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' } };
    always(refused);
    await begin('signin');
    const end = await throughAll('signin', 'sign_in_required', () => onlyFirst(refused));
    expect(turnsOf(end, 'one')).toMatchObject([{ turn: 1, outcome: 'completed', decision: 'proceed', runs: [{}, {}, {}] }]);
    expect(turnsOf(end, 'two')).toMatchObject([{ turn: 1, rule: 'sign_in_required', decision: 'breakpoint', runs: [{}] }]);
    expect(readFileSync(join(service.dir, 'signin/one.txt'), 'utf8')).toBe('done\n');
  }, 600_000);

  test('rate_limit_hit: it sleeps until the reset unless somebody says otherwise, and the same turn goes on', async () => {
    const reset = Math.floor(Date.now() / 1_000) + 3_600;
    const limited: Step = { error: { status: 429, type: 'rate_limit_error', message: 'limit', headers: {
      'anthropic-ratelimit-unified-status': 'rejected', 'anthropic-ratelimit-unified-reset': String(reset), 'anthropic-ratelimit-unified-representative-claim': 'five_hour',
      'anthropic-ratelimit-unified-5h-utilization': '1', 'anthropic-ratelimit-unified-5h-reset': String(reset), 'anthropic-ratelimit-unified-5h-status': 'rejected',
    } } };
    always(limited);
    await begin('limit', { auth: { oauthToken: { env: 'TEST_API_KEY' } } });
    const waiting = await milestoneWhen(service, 'limit', ({ sleepingUntil }) => sleepingUntil !== null, 'a milestone that sleeps');
    expect(Date.parse(waiting.sleepingUntil ?? '')).toBeGreaterThanOrEqual(reset * 1_000);
    const end = await throughAll('limit', 'rate_limit_hit', () => onlyFirst(limited));
    expect(turnsOf(end, 'one')).toMatchObject([{ turn: 1, outcome: 'completed', decision: 'proceed' }]);
    expect(readFileSync(join(service.dir, 'limit/one.txt'), 'utf8')).toBe('done\n');
  }, 600_000);

  test('host_unreachable: the work goes on once the host is there; what runs there meanwhile is ended by "abort" and not before', async () => {
    onlyFirst({ hang: true });
    link.greet('refuse');
    // Longer than the wait after a failed attempt: one that was refused a moment before the host was back is no reason to ask again.
    await begin('away', { host: AWAY, policy: { hostPatience: '10s' } });
    const ids = ['away/m/host_unreachable.1', 'away/m/host_unreachable.2', 'away/m/two.1/host_unreachable.1'] as const;
    await question(service, ids[0]);
    await service.json('answer', ids[0], 'retry', '--by', 'ann');
    await question(service, ids[1]);
    link.greet('pass');
    await signal(service, 'away', { breakpoint: ids[1], action: 'retry', by: 'bob' });

    const pidOf = (milestone: StatusMilestone): number => turnsOf(milestone, 'two')[0]?.runs[0]?.pid ?? 0;
    const working = await milestoneWhen(service, 'away', (m) => pidOf(m) > 0, 'the agent of the second task');
    expect(turnsOf(working, 'one')).toMatchObject([{ turn: 1, outcome: 'completed', decision: 'proceed', runs: [{}] }]);
    link.greet('refuse');
    link.reset();
    await question(service, ids[2]);
    expect(processStart(pidOf(working))).toBeDefined();
    link.greet('pass');
    await update(service, 'away', { breakpoint: ids[2], action: 'abort', by: 'eve' });
    await ended('away');
    expect(processStart(pidOf(working))).toBeUndefined();
    expect((await answers('away')).map(({ id, action, via }) => [id, action, via])).toEqual([[ids[0], 'retry', 'cli'], [ids[1], 'retry', 'signal'], [ids[2], 'abort', 'update']]);
  }, 600_000);

  test('stalled: the agent lives on while it is asked about, and both "retry" and "abort" end it', async () => {
    always({ hang: true });
    // Longer than the CLI takes to start on a busy machine: what it says first would close the question.
    await begin('silent', { policy: { watchdog: { silentAfter: '20s' } } });
    const ids = ['silent/m/one.1/stalled.1', 'silent/m/one.1/stalled.2', 'silent/m/one.2/stalled.1'] as const;
    await question(service, ids[0]);
    const pidOf = async (turn: number): Promise<number> => {
      const run = turnsOf(await milestoneWhen(service, 'silent', () => true, 'its status'), 'one')[turn - 1]?.runs[0];
      return run?.pid ?? 0;
    };
    const first = await pidOf(1);
    await service.json('answer', ids[0], 'wait', '--by', 'ann');
    await question(service, ids[1]);
    expect(processStart(first)).toBeDefined();
    await signal(service, 'silent', { breakpoint: ids[1], action: 'retry', by: 'bob' });
    await question(service, ids[2]);
    const second = await pidOf(2);
    expect([processStart(first), processStart(second)]).toEqual([undefined, expect.anything()]);
    await update(service, 'silent', { breakpoint: ids[2], action: 'abort', by: 'eve' });
    await ended('silent');
    expect(processStart(second)).toBeUndefined();
    expect((await answers('silent')).map(({ id, action, via }) => [id, action, via])).toEqual([[ids[0], 'wait', 'cli'], [ids[1], 'retry', 'signal'], [ids[2], 'abort', 'update']]);
  }, 600_000);
});
