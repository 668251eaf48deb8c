/** The real Claude Code CLI in worktrees: two tasks side by side, each in its own, under the plan's rules; a conflict that a person or the agent resolves. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusMilestone } from '../../src/db/status.ts';
import { keptTranscript } from '../../src/db/transcripts.ts';
import type { Step } from '../../src/demo/scripted-messages.ts';
import { eventually } from '../support/eventually.ts';
import { startService, type Service } from '../support/service.ts';
import { milestoneIn } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ env: { HOLDPOINT_HOST_SEATS: 'local=2' } });
}, 300_000);
afterAll(() => service?.close());

const workspaceOf = (project: string): string => join(service.dir, project, 'workspace');
const worktreeOf = (project: string, task: string): string => `${workspaceOf(project)}.${project}.m.${task}.1`;
const git = (folder: string, ...args: string[]): string => execFileSync('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=a@example.org', ...args], { encoding: 'utf8' }).trim();

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(globSync('{src,docs}/**', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name)).sort().map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));

const use = (tool: string, input: Record<string, unknown>, more: Partial<Step> = {}): Step => ({ tool, input, ...more });

/** What the model asks for: in its own worktree, once more where no rule allows it, and in the workspace itself. */
function stepsOf(project: string, task: string, word: string): Step[] {
  const at = (path: string): string => join(worktreeOf(project, task), path);
  return [
    use('Read', { file_path: at('src/a.txt') }, { waitFor: `${project} begins` }),
    use('Edit', { file_path: at('src/a.txt'), old_string: 'one', new_string: word }),
    use('Write', { file_path: at(`src/${task}.txt`), content: `by ${task}\n` }),
    use('Bash', { command: `sh mark.sh ${task}` }),
    use('Write', { file_path: at(`docs/${task}.txt`), content: 'no rule allows this' }),
    use('Write', { file_path: join(workspaceOf(project), `src/${task}-outside.txt`), content: 'in the workspace' }),
    use('Bash', { command: `cp src/a.txt ${workspaceOf(project)}/src/${task}-copied.txt` }),
    { text: `${word} it is.`, waitFor: `${project} ${task} ends` },
  ];
}

async function begin(project: string, more: { match: string; steps: Step[] }[] = []): Promise<void> {
  const workspace = service.folder(`${project}/workspace`, { 'src/a.txt': 'one\ntwo\n', 'docs/read.txt': 'me\n', 'mark.sh': 'pwd > src/marked-$1.txt\n' });
  git(workspace, 'init', '-q', '-b', 'main');
  git(workspace, 'add', '-A');
  git(workspace, 'commit', '-qm', 'first');
  service.messages.setScenario({ prompts: [...more, { match: 'The left job.', steps: stepsOf(project, 'left', 'LEFT') }, { match: 'The right job.', steps: stepsOf(project, 'right', 'RIGHT') }] });
  const plan = {
    project, workspace: { host: 'local', path: workspace }, reviewer: { name: 'ollama', model: 'scripted' },
    agent: { name: 'claude-code', auth: { apiKey: { env: 'TEST_API_KEY' } } }, checks: [{ name: 'look', run: 'cat src/a.txt' }],
    policy: { permissions: { allow: ['Edit(src/**)', 'Bash(sh mark.sh *)'] }, breakpoints: { milestone_completion: { enabled: false } } },
    milestones: [{ id: 'm', tasks: ['left', 'right'].map((id) => ({ id, isolation: 'worktree', instructions: `The ${id} job.` })) }],
  };
  await service.json('start', join(service.folder(`${project}/plan`, { 'holdpoint.yaml': JSON.stringify(plan) }), 'holdpoint.yaml'));
}

const sessions = (): Set<string> => new Set(service.messages.requests().filter(({ counted }) => counted).map(({ session }) => session));

/** Both are at work, then the left one comes back, then the right one finds what it has changed. */
async function toTheConflict(project: string): Promise<StatusMilestone> {
  await eventually(() => sessions().size === 2, { timeoutMs: 120_000, what: 'both sessions' });
  service.messages.release(`${project} begins`);
  service.messages.release(`${project} left ends`);
  await eventually(() => existsSync(join(workspaceOf(project), 'src/left.txt')), { timeoutMs: 120_000, what: 'the left one back' });
  service.messages.release(`${project} right ends`);
  return milestoneIn(service, project, 'm', 'waiting');
}

const question = (project: string) => service.db.selectFrom('breakpoint').select(['id', 'kind']).where('project', '=', project).where('answered_at', 'is', null).executeTakeFirstOrThrow();

const wanted = (project: string, a: string): Record<string, string> => ({
  'docs/read.txt': 'me\n', 'src/a.txt': a, 'src/left.txt': 'by left\n', 'src/right.txt': 'by right\n',
  'src/marked-left.txt': `${worktreeOf(project, 'left')}\n`, 'src/marked-right.txt': `${worktreeOf(project, 'right')}\n`,
});

async function expectWhole(project: string, a: string): Promise<StatusMilestone> {
  const milestone = await milestoneIn(service, project, 'm', 'completed');
  const workspace = workspaceOf(project);
  expect(filesIn(workspace)).toEqual(wanted(project, a));
  expect([git(workspace, 'worktree', 'list').split('\n').length, git(workspace, 'branch', '--format=%(refname:short)'), git(workspace, 'diff', '--cached', '--name-only')]).toEqual([1, 'main', '']);
  return milestone;
}

/** Each as the model saw it, in its own worktree. */
async function expectTranscripts(project: string): Promise<void> {
  const turns = await service.db.selectFrom('turn').select(['task', 'session_id as session']).where('project', '=', project).where('turn', '=', 1).orderBy('task').execute();
  expect(turns.map(({ task }) => task)).toEqual(['left', 'right']);
  for (const { task, session } of turns) {
    const text = (await keptTranscript(service.db, session))?.text.toString() ?? '';
    const words = ['left', 'right'].map((name) => text.includes(`${name.toUpperCase()} it is.`));
    expect([text.includes(worktreeOf(project, task)), words]).toEqual([true, [task === 'left', task === 'right']]);
  }
}

/** Calls that the gate has refused, by task. */
const refusals = async (project: string): Promise<string[]> =>
  (await service.db.selectFrom('agent_event').innerJoin('run', 'run.id', 'agent_event.run_id').innerJoin('turn', 'turn.id', 'run.turn_id').select(['turn.task', 'agent_event.text'])
    .where('turn.project', '=', project).where('turn.turn', '=', 1).where('agent_event.kind', '=', 'denied').orderBy('turn.task').orderBy('agent_event.byte_offset').execute()).map(({ task, text }) => `${task}: ${text}`);

test('two at once, each in its own worktree under the rules of the plan; a person resolves what both have changed', async () => {
  await begin('crew');
  const { worktrees } = await toTheConflict('crew');
  expect(worktrees.map(({ task, path }) => [task, path])).toEqual([['right', worktreeOf('crew', 'right')]]);
  const { id, kind } = await question('crew');
  expect(kind).toBe('merge_conflict');
  const place = join(worktreeOf('crew', 'right'), 'src/a.txt');
  expect(readFileSync(place, 'utf8')).toBe('<<<<<<< in-the-worktree\nRIGHT\n=======\nLEFT\n>>>>>>> in-the-workspace\ntwo\n');
  writeFileSync(place, 'LEFT AND RIGHT\ntwo\n');
  await service.json('answer', id, 'resolved');
  const { tasks } = await expectWhole('crew', 'LEFT AND RIGHT\ntwo\n');
  expect(tasks.map(({ turns }) => turns.map(({ runs }) => runs.length))).toEqual([[1], [1]]);
  expect(service.messages.stats().mismatches).toEqual([]);
  await expectTranscripts('crew');
  expect(await refusals('crew')).toEqual(['left', 'right'].flatMap((task) => [
    `No rule of the plan allows Write(${worktreeOf('crew', task)}/docs/${task}.txt)`,
    `Write(${workspaceOf('crew')}/src/${task}-outside.txt) is outside the workspace`,
    `No rule of the plan allows Bash(cp src/a.txt ${workspaceOf('crew')}/src/${task}-copied.txt)`,
  ].map((words) => expect.stringContaining(words))));
}, 600_000);

test('the agent resolves it itself: told of both sides, in the session and the worktree it had', async () => {
  const place = join(worktreeOf('again', 'right'), 'src/a.txt');
  await begin('again', [{
    match: 'others have changed the same files', steps: [
      use('Read', { file_path: place }, { expect: 'src/a.txt: CONFLICT (content)' }),
      use('Write', { file_path: place, content: 'RIGHT AND LEFT\ntwo\n' }, { expect: '<<<<<<< in-the-worktree' }), { text: 'Both hold.' },
    ],
  }]);
  await toTheConflict('again');
  await service.json('answer', (await question('again')).id, 'retry');
  const { tasks } = await expectWhole('again', 'RIGHT AND LEFT\ntwo\n');
  expect(tasks.map(({ turns }) => turns.length)).toEqual([1, 2]);
  expect(service.messages.stats().mismatches).toEqual([]);
  const sessionsOf = await service.db.selectFrom('turn').select(['session_id as session', 'resume']).where('project', '=', 'again').where('task', '=', 'right').orderBy('turn').execute();
  expect(sessionsOf.map(({ resume }) => resume)).toEqual([false, true]);
  expect(new Set(sessionsOf.map(({ session }) => session)).size).toBe(1);
}, 600_000);
