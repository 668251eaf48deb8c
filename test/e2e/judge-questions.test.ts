/**
 * The judge's questions, each raised by what it is about: the real CLI on a scripted API, real checks, a reviewer behind the real
 * HTTP seam. Each is answered by the CLI, by a signal and by an update; what the answer leads to is watched from outside.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readInbox } from '../../src/db/inbox.ts';
import { readStatus, type StatusTask } from '../../src/db/status.ts';
import type { OllamaReply } from '../../src/demo/scripted-ollama.ts';
import type { AnswerAction } from '../../src/domain/breakpoints.ts';
import { documentOf, errorOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { milestoneIn } from './scripted-project.ts';

const FINE = { requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality: 0.9, confidence: 0.95 };

/** What the reviewer says of each task, by words of its title. */
const REVIEWS: Record<string, object> = {
  Contradicted: { ...FINE, quality: 0.2, issues: [{ severity: 'major', text: 'it does not do what it says' }] },
  Choice: { ...FINE, confidence: 0.5, alternatives: ['keep a table', 'keep a tree'] },
  Doubtful: { ...FINE, confidence: 0 },
};

const task = (id: string, title: string, after: string[], more: object = {}): object =>
  ({ id, title, instructions: `Add a line to ${id}.txt.`, acceptance: ['a line is there'], dependsOn: after, ...more });

const PLAN = {
  project: 'asked', agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } }, attempts: 2 }, reviewer: { name: 'ollama', model: 'scripted' },
  checks: [{ name: 'lines', run: 'test -s contradicted.txt', tasks: ['contradicted', 'choice', 'design', 'migration'] }],
  policy: { permissions: { allow: ['Bash(*)', 'Write(**)', 'Edit(**)'] }, breakpoints: { milestone_completion: { enabled: false } } },
  rules: [{ name: 'migrations', when: 'changes.paths.exists(p, p.startsWith("migration"))', then: 'ask', breakpoint: 'architecture_decision', message: 'A migration changed' }],
  milestones: [{ id: 'm', tasks: [
    task('contradicted', 'Contradicted', []), task('choice', 'Choice', ['contradicted']), task('doubtful', 'Doubtful', ['choice']),
    task('design', 'Designed', ['doubtful'], { design: true }), task('migration', 'Migrated', ['design']),
  ] }],
};

let service: Service;

beforeAll(async () => {
  const replies = Object.entries(REVIEWS).map(([match, review]): { match: string; replies: OllamaReply[] } => ({ match, replies: [{ review }] }));
  service = await startService({ reviews: { models: ['scripted'], prompts: replies, otherwise: { review: FINE } } });
  const words = ['Contradicted', 'Choice', 'Doubtful', 'Designed', 'Migrated'];
  const ids = PLAN.milestones.flatMap(({ tasks }) => tasks.map((one) => (one as { id: string }).id));
  // Three turns of each at most, in one session or in several: what is done may be done again.
  const steps = (id: string) => [1, 2, 3].flatMap((n) => [{ tool: 'Bash', input: { command: `echo ${n} >> ${id}.txt`, description: 'add a line' } }, { text: 'Added.' }]);
  service.messages.setScenario({ prompts: words.map((match, n) => ({ match, steps: steps(ids[n] ?? '') })), whenDone: 'loop' });
  const workspace = { host: 'local', path: service.folder('asked', { 'README.md': 'x\n' }) };
  await service.json('start', join(service.folder('plan', { 'holdpoint.yaml': JSON.stringify({ ...PLAN, workspace }) }), 'holdpoint.yaml'));
}, 300_000);

afterAll(() => service?.close());

type Way = 'cli' | 'signal' | 'update';

/** Each way as its user takes it. */
async function give(way: Way, breakpoint: string, action: AnswerAction, note?: string): Promise<void> {
  if (way === 'cli') return void (await service.json('answer', breakpoint, action, '--by', way, ...(note ? ['--note', note] : [])));
  const handle = service.temporal.client.workflow.getHandle('holdpoint/asked/m');
  const payload = { breakpoint, action, by: way, ...(note && { note }) };
  await (way === 'signal' ? handle.signal('answer', payload) : handle.executeUpdate('answerNow', { args: [payload] }));
}

async function question(id: string) {
  // From the database: a command takes half a second of the machine.
  await eventually(async () => {
    const open = (await readInbox(service.db)).map((one) => one.id);
    return open.includes(id) || Promise.reject(new Error(`open: ${open.join() || 'none'}`));
  }, { timeoutMs: 120_000, everyMs: 100, what: id });
  return documentOf('inbox', await service.cli('inbox', '--json')).breakpoints.find((one) => one.id === id);
}

const taskNow = async (id: string): Promise<StatusTask | undefined> =>
  (await readStatus(service.db, 'asked')).projects[0]?.milestones[0]?.tasks.find((one) => one.id === id);

const promptOf = async (id: string, turn: number): Promise<string> =>
  (await service.db.selectFrom('turn').select('prompt').where('task', '=', id).where('turn', '=', turn).executeTakeFirstOrThrow()).prompt;

/** Who answered, by which way, as it is on record. */
const answers = async (id: string) =>
  service.db.selectFrom('breakpoint').select(['kind', 'action', 'via', 'answered_by', 'note']).where('task', '=', id).orderBy('opened_at').execute();

/** Asks three times: answered by the CLI and by a signal with a note, which goes into the next prompt, by an update with `approve`. */
async function threeWays(id: string, kind: string, again: AnswerAction): Promise<void> {
  for (const [n, way] of (['cli', 'signal'] as const).entries()) {
    await give(way, `asked/m/${id}.${n + 1}/${kind}.1`, again, `mind the ${way}`);
    await question(`asked/m/${id}.${n + 2}/${kind}.1`);
    const sent = service.messages.requests().filter(({ counted, prompt }) => counted && prompt.includes(`mind the ${way}`));
    expect([await promptOf(id, n + 2), sent[0]?.prompt]).toEqual([expect.stringContaining(`mind the ${way}`), expect.stringContaining(`mind the ${way}`)]);
  }
  await give('update', `asked/m/${id}.3/${kind}.1`, 'approve');
  await eventually(async () => (await taskNow(id))?.state === 'completed', { timeoutMs: 120_000, everyMs: 200, what: `${id} to be completed` });
  expect((await taskNow(id))?.turns.map(({ decision }) => decision)).toEqual(['breakpoint', 'breakpoint', 'breakpoint']);
  expect(await answers(id)).toEqual([
    { kind, action: again, via: 'cli', answered_by: 'cli', note: 'mind the cli' }, { kind, action: again, via: 'signal', answered_by: 'signal', note: 'mind the signal' },
    { kind, action: 'approve', via: 'update', answered_by: 'update', note: null },
  ]);
}

describe('a person is asked', () => {
  test('conflicting_solutions: the checks pass, the reviewer finds the work bad', async () => {
    const asked = await question('asked/m/contradicted.1/conflicting_solutions.1');
    expect(asked).toMatchObject({
      priority: 'medium', actions: ['approve', 'retry', 'abort'], tree: expect.any(String),
      reason: 'Evidence and review contradict each other: the checks give 1.00, the reviewer 0.20.',
      detail: { evidence: 1, review: 0.2, gate: 0.7, issues: ['it does not do what it says'] },
    });
    await threeWays('contradicted', 'conflicting_solutions', 'retry');
  }, 600_000);

  test('architecture_decision: the reviewer sees other ways, and is not sure', async () => {
    const asked = await question('asked/m/choice.1/architecture_decision.1');
    expect(asked).toMatchObject({
      priority: 'high', actions: ['approve', 'revise', 'retry', 'abort'], noteRequired: ['revise'],
      reason: expect.stringContaining('The review finds 2 alternatives, with confidence 0.70'),
      detail: { alternatives: ['keep a table', 'keep a tree'], design: false, confidence: 0.7 },
    });
    await threeWays('choice', 'architecture_decision', 'revise');
  }, 600_000);

  test('confidence_too_low: no check holds for the task, and the reviewer is unsure', async () => {
    const asked = await question('asked/m/doubtful.1/confidence_too_low.1');
    expect(asked).toMatchObject({ priority: 'high', actions: ['approve', 'revise', 'retry', 'abort'], reason: expect.stringContaining('Confidence 0.20 is under 0.30'), detail: { confidence: 0.2 } });
    await threeWays('doubtful', 'confidence_too_low', 'retry');
  }, 600_000);

  test('a design task, however good; a rule of the plan, with its message', async () => {
    expect(await question('asked/m/design.1/architecture_decision.1')).toMatchObject({ reason: expect.stringContaining('A design task has ended'), detail: { design: true, alternatives: [] } });
    await give('cli', 'asked/m/design.1/architecture_decision.1', 'approve');
    expect(await question('asked/m/migration.1/architecture_decision.1')).toMatchObject({
      reason: `The plan's rule "migrations" matched: A migration changed`, detail: { rule: 'migrations', message: 'A migration changed' },
    });
    await give('signal', 'asked/m/migration.1/architecture_decision.1', 'approve');
    const done = await milestoneIn(service, 'asked', 'm', 'completed');
    expect(done.tasks.map(({ id, turns }) => [id, turns.length, turns.at(-1)?.rule])).toEqual([
      ['contradicted', 3, 'conflicting_solutions'], ['choice', 3, 'architecture_decision'], ['doubtful', 3, 'confidence_too_low'],
      ['design', 1, 'architecture_decision'], ['migration', 1, 'custom:migrations'],
    ]);
  }, 600_000);
});

describe('afterwards', () => {
  const rejudged = async (...args: string[]) => documentOf('rejudge', await service.cli('rejudge', ...args, '--json'));

  test('decisions names rules that nearly matched and what each rule of the plan said', async () => {
    const { decisions } = documentOf('decisions', await service.cli('decisions', 'asked/m/migration', '--json'));
    expect(decisions).toMatchObject([{ rule: 'custom:migrations', custom: [{ name: 'migrations', value: true }] }]);
    const [first] = documentOf('decisions', await service.cli('decisions', 'asked/m/contradicted.1', '--json')).decisions;
    expect(first?.nearly).toContainEqual({ rule: 'quality_reached', decision: 'proceed', missing: expect.arrayContaining(['a review quality of 0.50 or more']) });
    expect((await service.cli('decisions', 'asked/m/migration')).stdout).toContain('  rule migrations: true\n');
  });

  test('rejudge says what another gate and other rules would have decided, and changes nothing', async () => {
    const before = await service.db.selectFrom('decision').selectAll().orderBy('id').execute();
    expect(await rejudged('asked/m/design', '--gate', '1')).toMatchObject({ differing: 0, decisions: [{ differs: false, after: { rule: 'architecture_decision' } }] });
    const file = join(service.folder('rules', { 'rules.yaml': 'rules:\n  - name: few\n    when: changes.paths.exists(p, p == "contradicted.txt")\n    then: stop\nthresholds: {conflict: 0.9}\n' }), 'rules.yaml');
    const { decisions, differing } = await rejudged('asked/m/contradicted.1', '--rules', file);
    expect({ differing, decisions }).toMatchObject({
      differing: 1, decisions: [{ differs: true, before: { rule: 'conflicting_solutions' }, after: { decision: 'stop', rule: 'custom:few' }, custom: [{ name: 'few', value: true }] }],
    });
    expect((await service.cli('rejudge', 'asked/m/contradicted.1', '--rules', file)).stdout).toMatch(/differs\n {2}was: {3}breakpoint conflicting_solutions by conflicting_solutions[^]*would: stop by custom:few[^]*1 of 1 decisions would differ; nothing was changed\n$/);
    expect(await service.db.selectFrom('decision').selectAll().orderBy('id').execute()).toEqual(before);
  });

  test('another model is asked what the first was asked; a turn of which that is not kept says so', async () => {
    service.ollama.setScript({ models: ['kinder'], otherwise: { review: FINE } });
    await service.db.deleteFrom('review_prompt').where('turn_id', 'in', (eb) => eb.selectFrom('turn').select('id').where('task', '=', 'contradicted').where('turn', '=', 2)).execute();
    const { decisions } = await rejudged('asked/m/contradicted', '--model', 'kinder');
    expect(decisions).toMatchObject([
      { differs: true, before: { rule: 'conflicting_solutions' }, after: { rule: 'quality_reached' }, review: { kind: 'reviewed', model: 'kinder', quality: 0.9 } },
      { differs: false, after: { rule: 'conflicting_solutions' }, review: { kind: 'impossible', message: expect.stringContaining('is not kept') } },
      { differs: true, review: { kind: 'reviewed' } },
    ]);
    const away = await service.cli('rejudge', 'asked', '--model', 'no-such-model', '--json');
    expect([away.code, errorOf(away).kind]).toEqual([5, 'model_unreachable']);
  });

  test.each([
    [['rejudge', 'asked/m/nobody'], 3, 'unknown_target'], [['rejudge', 'nobody'], 3, 'unknown_project'], [['metrics', 'nobody'], 3, 'unknown_project'],
    [['rejudge', 'asked', '--gate', '7'], 2, 'bad_input'], [['rejudge', 'asked', '--rules', 'no-such-file.yaml'], 2, 'bad_input'],
  ])('%j is refused', async (args, code, kind) => {
    const result = await service.cli(...args, '--json');
    expect([result.code, errorOf(result).kind]).toEqual([code, kind]);
  });

  test('metrics counts turns, rules and questions, and holds confidence against what people said', async () => {
    const [metrics] = documentOf('metrics', await service.cli('metrics', 'asked', '--json')).projects;
    expect(metrics).toMatchObject({ project: 'asked', turns: 11, tasks: 5, attempts: { max: 3 }, outcomes: [{ outcome: 'completed', turns: 11 }] });
    expect(metrics?.decisions.find(({ rule }) => rule === 'conflicting_solutions')).toEqual({ rule: 'conflicting_solutions', decision: 'breakpoint', count: 3 });
    expect(metrics?.breakpoints.find(({ kind }) => kind === 'architecture_decision')).toMatchObject({ asked: 5, open: 0, answered: 5, byPerson: 5, waitedMs: { p50: expect.any(Number) } });
    expect(metrics?.calibration).toMatchObject({ samples: 11, observed: 0.4545, takes: 0, needed: 20, why: { approved: 5, rejected: 6, stood: 0 } });
    expect((await service.cli('metrics')).stdout).toContain('confidence against truth: 11 turns, predicted ');
  });
});
