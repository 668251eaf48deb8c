/** A project as its user sees it, from the first `status` to the end: start, watch, follow, answer, look back. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startCli, type RunningCli } from '../support/cli.ts';
import { documentOf, errorOf, linesOf } from '../support/documents.ts';
import { startService, type Service } from '../support/service.ts';
import { asked, closed, codeOf, planFile, withScriptedAgent } from './plans.ts';

let service: Service;
let plan: string;

const QUESTION = 'story/m/milestone_completion.1';
/** Of the second run: numbers go on, so that an old answer never releases a new question. */
const SECOND = 'story/m/milestone_completion.2';

/** What goes on beside the tests: a status that is watched, a stream that is followed. */
const running: Record<'watch' | 'json' | 'follow', RunningCli | null> = { watch: null, json: null, follow: null };

beforeAll(async () => {
  service = await startService(withScriptedAgent());
  // Waits until the test lets it go, so that what is "live" can be told from what is stored.
  const tasks = [[{ say: 'I begin' }, { write: 'a.txt', content: 'hello\nworld\n' }, { waitFor: 'go' }, { say: 'It is there already' }, { cost: 0.25 }]];
  plan = planFile(service, { project: 'story', tasks });
}, 300_000);

jest.setTimeout(300_000);

afterAll(async () => {
  for (const one of Object.values(running)) await one?.end('SIGKILL');
  await service.close();
});

const json = async (...args: string[]) => service.cli(...args, '--json');
const begin = (...args: string[]): RunningCli => startCli(args, { env: service.env, cwd: service.dir });

describe('before anything was started', () => {
  test('status and inbox are empty, and say what to do', async () => {
    expect(await service.cli('status')).toEqual({ code: 0, stderr: '', stdout: 'no project yet: `holdpoint init`, then `holdpoint start holdpoint.yaml`\n' });
    expect(documentOf('status', await json('status'))).toEqual({ projects: [], usage: [] });
    expect(await service.cli('inbox')).toEqual({ code: 0, stderr: '', stdout: 'nothing waits for you\n' });
    expect(documentOf('inbox', await json('inbox'))).toEqual({ breakpoints: [] });
  });

  test.each([
    [['status', 'story'], 'unknown_project', 3], [['logs', 'story'], 'unknown_project', 3], [['diff', 'story/m'], 'unknown_project', 3],
    [['decisions', 'story/m/one.1'], 'unknown_project', 3], [['pause', 'story'], 'unknown_project', 3], [['cancel', 'story/m'], 'unknown_target', 3],
    [['logs', 'Story'], 'bad_input', 2], [['resume', 'story/m/one'], 'bad_input', 2],
    [['answer', QUESTION, 'approve'], 'unknown_breakpoint', 3], [['answer', 'nonsense', 'approve'], 'unknown_breakpoint', 3],
  ])('%j: %s', async (args, kind, code) => {
    const result = await json(...args);
    expect({ code: result.code, kind: errorOf(result).kind }).toEqual({ code, kind });
    expect(errorOf(result).hint).toEqual(expect.stringMatching(/holdpoint|story|tinyslug/));
  });
});

describe('while it runs', () => {
  test('start begins it; a second start is told so and changes nothing', async () => {
    const first = documentOf('start', await json('start', plan));
    expect(first).toEqual({ project: 'story', workflowId: 'holdpoint/story', runId: expect.any(String), started: true, previous: null });
    expect(documentOf('start', await json('start', plan))).toEqual({ ...first, started: false });
    running.watch = begin('status', 'story', '--watch');
    running.json = begin('status', 'story', '--watch', '--json');
    running.follow = begin('logs', 'story', '-f');
    const text = await service.cli('start', plan);
    expect(text).toEqual({ code: 0, stderr: '', stdout: 'story is running already\nnext: holdpoint status story --watch\n' });
  });

  test('status shows the turn and its process; logs -f shows what it says, live', async () => {
    await running.follow!.printed('I begin');
    await running.watch!.printed(/one +running +1/);
    const [project] = documentOf('status', await json('status', 'story')).projects;
    expect(project).toMatchObject({ project: 'story', state: 'running', workspace: { host: 'local', path: codeOf(service, 'story') }, reason: null });
    expect(project?.milestones[0]?.tasks[0]).toMatchObject({
      id: 'one', state: 'running', turns: [{ turn: 1, outcome: null, decision: null, runs: [{ key: `${service.install}.story.m.1.one.1.1`, state: 'running', pid: expect.any(Number) }] }],
    });
    const refused = await json('diff', 'story');
    expect({ code: refused.code, ...errorOf(refused) }).toMatchObject({ code: 3, kind: 'unknown_target', message: 'story has no turn yet that has ended' });
  });

  test('a question that is not open yet is refused by name, and the wrong answer before that', async () => {
    const early = await json('answer', QUESTION, 'approve');
    expect({ code: early.code, kind: errorOf(early).kind }).toEqual({ code: 4, kind: 'not_open' });
    const wrong = await json('answer', QUESTION, 'skip');
    expect({ code: wrong.code, ...errorOf(wrong) }).toMatchObject({ code: 4, kind: 'action_not_allowed', message: expect.stringContaining('approve, revise, abort') });
    const nobody = await json('answer', 'story/m/no_such_kind.1', 'approve');
    expect({ code: nobody.code, kind: errorOf(nobody).kind }).toEqual({ code: 3, kind: 'unknown_breakpoint' });
  });
});

describe('when it asks', () => {
  test('the inbox has the question with the lines that answer it', async () => {
    writeFileSync(join(codeOf(service, 'story'), 'go'), '');
    await asked(service, QUESTION);
    const { breakpoints } = documentOf('inbox', await json('inbox'));
    const cli = `holdpoint answer ${QUESTION} approve`;
    const temporal = `temporal workflow signal --workflow-id holdpoint/story/m --name answer --input '{"breakpoint":"${QUESTION}","action":"approve"}'`;
    expect(breakpoints).toEqual([{
      id: QUESTION, workflowId: 'holdpoint/story/m', kind: 'milestone_completion', occurrence: 1, priority: 'medium', project: 'story', milestone: 'm', task: null,
      turn: null, openedAt: expect.any(String), reason: expect.any(String), actions: ['approve', 'revise', 'abort'], noteRequired: ['revise'], tree: expect.stringMatching(/^[0-9a-f]{40}$/), detail: {},
      automatic: null, reminders: 0, remindedAt: null, escalatedAt: null,
      answerWith: { cli, temporal },
    }]);
    const text = await service.cli('inbox');
    expect(text.stdout).toBe([
      `${QUESTION}  medium  since ${breakpoints[0]?.openedAt}`, '  All tasks of the milestone are done. Accept the result?',
      '  actions: approve, revise (with --note), abort', `  ${cli}`, `  ${temporal}`, '',
    ].join('\n'));
    await running.watch!.printed(`waits for you: ${QUESTION}`);
  });

  test('an action that means nothing without a note needs one', async () => {
    const result = await json('answer', QUESTION, 'revise');
    expect({ code: result.code, ...errorOf(result) }).toMatchObject({ code: 2, kind: 'bad_input', message: expect.stringContaining('needs a note') });
  });

  test('the first answer is taken, and everything that watched comes to its end', async () => {
    const result = await json('answer', QUESTION, 'approve', '--by', 'ada');
    expect(documentOf('answer', result)).toEqual({ breakpoint: QUESTION, action: 'approve', accepted: true, by: 'ada', via: 'update', at: expect.any(String) });
    expect(await Promise.all(Object.values(running).map((one) => one!.exited))).toEqual([0, 0, 0]);
    expect(running.watch!.stdout()).toMatch(/story {2}completed[^]*\n {2}one +completed +1 +has-a (pass|fixed) +0\.\d\d +0\.\d\d +\$0\.2500 +2\n$/);
    const documents = linesOf('status', { stdout: running.json!.stdout() });
    expect(documents.at(-1)?.projects[0]).toMatchObject({ state: 'completed', costUsd: 0.25 });
    expect(running.follow!.stdout()).toMatch(/text I begin[^]*toolUse Write[^]*text It is there already[^]*result/);
  });

  test('a late answer learns who was first, also after the end', async () => {
    const result = await json('answer', QUESTION, 'abort');
    expect(result.code).toBe(4);
    expect(errorOf(result)).toMatchObject({ kind: 'already_answered', first: { action: 'approve', by: 'ada', at: expect.stringMatching(/^\d{4}-/) } });
    expect(await service.cli('answer', QUESTION, 'abort')).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(/^error: answered with "approve" by ada at /) });
    const never = await json('answer', 'story/m/milestone_completion.7', 'approve');
    expect({ code: never.code, kind: errorOf(never).kind }).toEqual({ code: 4, kind: 'not_open' });
  });
});

describe('afterwards', () => {
  test('logs are the raw lines, each a document, in order', async () => {
    const lines = linesOf('logs', await json('logs', 'story/m/one.1'));
    expect(lines.map(({ kind }) => kind)).toEqual(['init', 'text', 'toolUse', 'toolResult', 'toolUse', 'toolResult', 'text', 'result']);
    expect(lines[1]).toMatchObject({ project: 'story', milestone: 'm', task: 'one', turn: 1, run: `${service.install}.story.m.1.one.1.1`, json: { event: 'text', text: 'I begin' } });
    const offsets = lines.map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    const unknown = await json('logs', 'story/m/two');
    expect({ code: unknown.code, kind: errorOf(unknown).kind }).toEqual({ code: 3, kind: 'unknown_target' });
  });

  test('diff names the tool call behind each change, and shows the text', async () => {
    const { changes } = documentOf('diff', await json('diff', 'story'));
    expect(changes.find(({ path }) => path === 'a.txt')).toMatchObject({
      op: 'add', mode: '100644', sizeBefore: 0, sizeAfter: 12, added: 2, removed: 0, by: { kind: 'tool', tool: 'Write', toolUseId: 'scripted_1_1_1' },
    });
    expect(changes.find(({ path }) => path === 'go')).toMatchObject({ op: 'add', by: { kind: 'other' } });
    const { stdout, code } = await service.cli('diff', 'story/m/one.1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^op +path +added +removed +by\nadd +a\.txt +\+2 +−0 +Write scripted_1_1_1\nadd +go .*nobody known\n/);
    expect(stdout).toContain('+hello\n+world\n');
    const stat = await service.cli('diff', 'story/m/one.1', '--stat');
    expect(stdout.startsWith(stat.stdout.trimEnd())).toBe(true);
    expect(stat.stdout).not.toContain('+hello');
  });

  test('decisions name the rule, the evidence and what would have changed them', async () => {
    const { decisions } = documentOf('decisions', await json('decisions', 'story'));
    expect(decisions).toEqual([expect.objectContaining({ task: 'one', turn: 1, decision: 'proceed', rule: expect.any(String) })]);
    const { stdout } = await service.cli('decisions', 'story/m/one');
    expect(stdout).toMatch(/^m\/one\.1 {2}proceed {2}by rule \w+ {2}at 20[^]*check has-a: \w+, exit code 0, \d+ ms\n {2}quality 0\.\d\d, confidence 0\.\d\d\n[^]*would change it: /);
  });

  test('a project whose last run has ended begins anew, and says so', async () => {
    await closed(service, 'story');
    const text = await service.cli('start', plan);
    expect(text).toMatchObject({ code: 0, stdout: 'started story (holdpoint/story); a new run, the one before ended as completed\nnext: holdpoint status story --watch\n' });
    await asked(service, SECOND);
    const aborted = await service.cli('answer', SECOND, 'abort', '--note', 'enough');
    expect(aborted).toEqual({ code: 0, stderr: '', stdout: `${SECOND}: abort, accepted\n` });
    expect(await service.cli('status', 'story', '--watch')).toMatchObject({ code: 0, stdout: expect.stringMatching(/\(failed\)\n {2}aborted by \w+ at story\/m\/milestone_completion\.2: enough\n/) });
    await closed(service, 'story');
    const again = await json('start', plan);
    expect(documentOf('start', again)).toMatchObject({ started: true, previous: 'failed' });
    expect(await service.cli('cancel', 'story')).toMatchObject({ code: 0 });
  });
});
