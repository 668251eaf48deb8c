/**
 * Fourteen bad replies that must never proceed: the real CLI on a scripted API, real files, gate, snapshots and checks, a
 * reviewer that likes everything, attempts left. Each is stopped by the rule that is named, and the finding.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JudgeResult } from '../../src/activities/contract.ts';
import { createClaudeCode } from '../../src/agents/claude-code.ts';
import { decisionRows } from '../../src/db/decisions.ts';
import { startScriptedMessages, type ScriptedMessages, type Step } from '../../src/demo/scripted-messages.ts';
import type { JudgeFacts } from '../../src/domain/judge.ts';
import { cliPath } from '../agents/support/claude-cli.ts';
import { openBench, type Bench } from './bench.ts';

let bench: Bench;
let api: ScriptedMessages;

beforeAll(async () => {
  [bench, api] = await Promise.all([openBench(), startScriptedMessages()]);
  const agent = createClaudeCode({ command: cliPath(), baseUrl: api.url, auth: { kind: 'apiKey', source: { on: 'worker', env: 'ANY' } }, resolve: () => 'sk-dummy' });
  const launch: typeof agent.launch = (turn) => {
    const made = agent.launch(turn);
    return { ...made, spec: { ...made.spec, env: { ...made.spec.env, CLAUDE_CODE_MAX_RETRIES: '0' } } };
  };
  bench.agents.set('claude', { ...agent, launch });
  bench.ollama.setScript({ models: ['tiny'], otherwise: { review: { requirementsMet: [{ requirement: 'all', met: true }], issues: [], alternatives: [], quality: 1, confidence: 1 } } });
});
afterAll(async () => {
  await bench.close();
  await api.close();
});

const TESTS = "import { test } from 'node:test';\ntest('a', () => {});\ntest('b', () => {});\n";
const PACKAGE = '{"type":"module","scripts":{"test":"node --test"}}\n';

const bash = (command: string): Step => ({ tool: 'Bash', input: { command, description: 'scripted' } });
const says = (text: string): Step => ({ text });
const work = bash('echo work > work.txt');
const denied = (workspace: string): Step => ({ tool: 'Write', input: { file_path: join(workspace, 'secret/x.txt'), content: 'x' } });
const refuses = (status: number, type: string, message: string): Step[] => [{ error: { status, type, message } }];

type Reply = [what: string, steps: (workspace: string) => Step[], judged: Partial<JudgeResult>, finding?: string];

const retry = { decision: 'retry', rule: 'no_work_done_retry', failed: true } as const;
const weakened = { decision: 'breakpoint', rule: 'evidence_weakened', breakpoint: 'evidence_weakened' } as const;

const REPLIES: Reply[] = [
  ['"Done."', () => [says('Done.')], retry, 'noWorkDone'],
  ['empty', () => [says('')], { failed: true }],
  ['could not finish', () => [work, says('I could not finish the second half of the task.')], retry, 'couldNotFinish'],
  ['refusal', () => Array.from({ length: 4 }, () => ({ text: '', stop: 'refusal' })), { decision: 'retry', rule: 'agent_failed', failed: true }],
  ['permission denied', (workspace) => [bash('ls'), denied(workspace), says('I was not allowed to write that file.')], retry, 'noWorkDone'],
  ['a claim with a code block but no change', () => [bash('ls'), says('I have implemented it:\n```js\nexport const x = 1;\n```')], retry, 'notApplied'],
  ['only questions', () => [bash('ls'), says('I looked around. Which of the two should I take?')], retry, 'onlyQuestions'],
  ['usage limit', () => refuses(429, 'rate_limit_error', 'Too many requests'), { decision: 'wait', rule: 'limited', breakpoint: 'rate_limit_hit' }],
  ['login', () => refuses(401, 'authentication_error', 'invalid x-api-key'), { decision: 'breakpoint', rule: 'sign_in_required', breakpoint: 'sign_in_required' }],
  ['success claimed while the test script was changed to true', () => [work, bash("sed -i 's/node --test/true/' package.json"), bash('npm test'), says('All tests pass.')], weakened, 'testConfig'],
  ['tests deleted', () => [work, bash('unlink a.test.js'), says('Done.')], weakened, 'testsRemoved'],
  ['tests skipped', () => [work, bash(`sed -i "s/test('b'/test.skip('b'/" a.test.js`), says('Done, all tests pass.')], weakened, 'testsSkipped'],
  ['work in another folder', (workspace) => [{ tool: 'Write', input: { file_path: join(dirname(workspace), 'elsewhere/work.txt'), content: 'x' } }, says('I have written it.')], retry, 'elsewhere'],
  ['work undone at the end', (workspace) => [{ tool: 'Write', input: { file_path: join(workspace, 'work.txt'), content: 'x' } }, bash('unlink work.txt'), says('I have written it.')], retry, 'undone'],
];

test('there are fourteen', () => expect(REPLIES).toHaveLength(14));

test.each(REPLIES)('%s', async (...[what, steps, judged, finding]) => {
  const name = `reply-${what.replaceAll(/\W+/g, '-').replaceAll(/^-|-$/g, '').toLowerCase().slice(0, 30)}`;
  const files = { 'a.test.js': TESTS, 'package.json': PACKAGE };
  const change = ({ agent, policy, workspace }: Parameters<NonNullable<NonNullable<Parameters<Bench['project']>[1]>['change']>>[0]): void => {
    Object.assign(agent, { name: 'claude' });
    policy.permissions = { allow: ['Write(work.txt)', 'Bash', `Write(/${dirname(workspace.path)}/elsewhere/**)`], ask: [], deny: [] };
  };
  const play = await (await bench.project(name, { files, change, checks: [{ name: 'test', run: 'npm test' }] })).claim();
  mkdirSync(join(play.workspace, 'secret'));
  writeFileSync(join(play.workspace, 'secret/kept.txt'), 'x');
  api.setScenario({ steps: steps(play.workspace), whenDone: { text: 'Again.' } });
  const { outcome } = await play.whole();
  if (outcome === 'completed') {
    await play.checks();
    await play.review();
  }
  expect(await play.judge()).toMatchObject(judged);
  const [row] = await decisionRows(bench.deps.db, { project: name });
  expect(row?.decision).not.toBe('proceed');
  const { validation, weakenings = [] } = row?.facts as JudgeFacts;
  if (finding) expect([...validation.findings, ...weakenings].map(({ kind }) => kind)).toContain(finding);
});
