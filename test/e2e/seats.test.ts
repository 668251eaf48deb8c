/** One seat on a host, three projects, a second worker after a killed one: never two agents at once, in turn, and a killed worker or a terminated milestone keeps nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StatusDocument } from '../../src/db/status.ts';
import { milestoneWorkflowId } from '../../src/domain/ids.ts';
import { eventually } from '../support/eventually.ts';
import { pidsWith } from '../support/marked-processes.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService, writePlan } from './scripted-project.ts';

let service: Service;
let diary: string;
beforeAll(async () => {
  service = await startScriptedService({ env: { HOLDPOINT_HOST_SEATS: 'local=1', HOLDPOINT_AGENT_SEATS: '8' } });
  diary = join(service.dir, 'diary');
});
afterAll(() => service?.close());

/** Each turn says when it begins and ends, in one file for all: by a program, for no command may write outside its workspace. */
const turnProgram = (project: string): string =>
  `echo begin ${project}/$1 >> ${diary}\nwhile [ "$2" = wait ] && [ ! -e go ]; do sleep 0.1; done\necho end ${project}/$1 >> ${diary}\n`;

/** `how`: whether its turn waits for a file `go` in the workspace. */
const begin = async (project: string, milestone: string, how: 'wait' | 'at-once' = 'at-once'): Promise<void> => {
  const steps = [{ run: `sh turn.sh ${milestone} ${how}` }];
  const plan = writePlan(service, {
    project, asks: false, allow: ['Bash(sh turn.sh *)'], milestones: [{ id: milestone, title: milestone, tasks: [{ id: 'work', title: 'Work', steps }] }],
  });
  service.folder(`${project}/workspace`, { 'turn.sh': turnProgram(project) });
  await service.json('start', plan);
};

const lines = (): string[] => (existsSync(diary) ? readFileSync(diary, 'utf8').trim().split('\n') : []);

test('never two at once, projects in turn, told in the status; a killed worker keeps no seat', async () => {
  await begin('ants', 'first', 'wait');
  await eventually(() => lines().includes('begin ants/first'), { what: 'the first agent' });
  await begin('bees', 'first');
  // In line before the next one asks.
  await milestoneIn(service, 'bees', 'first', 'waiting');
  await begin('crabs', 'first');
  const waits = await milestoneIn(service, 'crabs', 'first', 'waiting');
  expect(waits.reason).toMatch(/^waiting for a seat on local: 1 of 1 taken by ants\/first/);
  await service.worker.kill();
  await service.startWorker();
  service.folder('ants/workspace', { go: '' });
  for (const project of ['ants', 'bees', 'crabs']) await milestoneIn(service, project, 'first', 'completed');
  const seen = lines();
  expect(seen.filter((_, n) => n % 2 === 1)).toEqual(seen.filter((_, n) => n % 2 === 0).map((line) => line.replace('begin', 'end')));
  expect(seen.filter((line) => line.startsWith('begin'))).toEqual(['begin ants/first', 'begin bees/first', 'begin crabs/first']);
}, 600_000);

test('a milestone that was terminated keeps no seat', async () => {
  await begin('dogs', 'first', 'wait');
  await eventually(() => lines().includes('begin dogs/first'), { what: 'the first agent' });
  const dogs = `HOLDPOINT_RUN=${service.install}.dogs.first.1.work.1.1`;
  expect(pidsWith(dogs)).not.toEqual([]);
  await begin('eels', 'first');
  await milestoneIn(service, 'eels', 'first', 'waiting');
  await service.temporal.client.workflow.getHandle(milestoneWorkflowId('dogs', 'first')).terminate('a test');
  await milestoneIn(service, 'eels', 'first', 'completed');
  const stateOf = async () => (await service.json<StatusDocument>('status', 'eels')).projects[0]?.state;
  // The project learns of it when its milestone has closed.
  await eventually(async () => (await stateOf()) === 'completed', { everyMs: 200, what: 'the end of the project' });
  await eventually(() => pidsWith(dogs).length === 0, { what: 'the end of the agent whose milestone is gone' });
}, 600_000);
