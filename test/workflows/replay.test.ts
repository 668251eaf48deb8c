/** Workflows that were begun with yesterday's code go on with today's: recorded histories are replayed on every run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { installRuntime } from '../../src/temporal/worker.ts';
import { workflowCode } from '../support/workflow-code.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

const workflowBundle = { code: workflowCode() };
beforeAll(() => installRuntime({ level: 'ERROR', log: () => undefined }));

interface Recorded {
  events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[];
}

const read = (file: string): Recorded => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Recorded;

/** What went wrong, or undefined. */
async function replay(history: Recorded): Promise<Error | undefined> {
  const results = Worker.runReplayHistories({ workflowBundle }, [{ workflowId: 'replayed', history }]);
  for await (const { error } of results) return error;
  throw new Error('nothing was replayed');
}

test.each(files)('%s', async (file) => {
  expect(await replay(read(file))).toBeUndefined();
});

test('a history of other code is refused', async () => {
  const history = read('plain.json');
  const event = history.events.find((e) => e.activityTaskScheduledEventAttributes?.activityType.name === 'endTurn');
  if (!event?.activityTaskScheduledEventAttributes) throw new Error('no endTurn in the history');
  event.activityTaskScheduledEventAttributes.activityType.name = 'runChecks';
  expect(await replay(history)).toMatchObject({ name: 'DeterminismViolationError' });
});

test('there is one history per way a milestone and a project can go', () => {
  expect(files).toEqual([
    'asked', 'beside', 'cancelled', 'changed', 'continued', 'cutOff', 'forked', 'givenUp', 'givenUpAndEnded', 'holds', 'limits', 'plain', 'project', 'projectFails', 'questions', 'refusedRestore', 'stalled', 'timed', 'timedOn', 'unreachable', 'waited', 'waits', 'weakened',
  ].map((name) => `${name}.json`));
});
