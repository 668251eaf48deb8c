/** `holdpoint checkpoints take`: beside an agent that works, and where no milestone holds the workspace; a restore goes back to it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { documentOf, errorOf } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { milestoneIn, startScriptedService, writePlan } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService();
}, 300_000);
afterAll(() => service.close());

test('the files of the moment are kept, at work and at rest, once for the same files, and come back', async () => {
  const task = { id: 'work', title: 'Work', steps: [{ write: 'src/a.js', content: 'first\n' }, { waitFor: 'go' }, { write: 'src/a.js', content: 'second\n' }, { say: 'done' }] };
  const plan = writePlan(service, { project: 'taken', milestones: [{ id: 'all', title: 'All', tasks: [task] }], asks: false });
  const at = (path: string): string => join(service.dir, 'taken/workspace', path);
  await service.json('start', plan);
  await eventually(() => readFileSync(at('src/a.js'), 'utf8') === 'first\n', { timeoutMs: 120_000, what: 'the first file' });

  const taken = documentOf('checkpoint-taken', await service.cli('checkpoints', 'take', 'taken', '--by', 'ann', '--json'));
  expect(taken).toMatchObject({ project: 'taken', milestone: 'all', notCovered: [] });
  expect(documentOf('checkpoint-taken', await service.cli('checkpoints', 'take', 'taken/all', '--json')).id).toBe(taken.id);
  writeFileSync(at('go'), '');
  await milestoneIn(service, 'taken', 'all', 'completed');
  expect(readFileSync(at('src/a.js'), 'utf8')).toBe('second\n');

  writeFileSync(at('mine.txt'), 'by hand\n');
  const later = await service.cli('checkpoints', 'take', 'taken');
  expect(later).toMatchObject({ code: 0, stdout: expect.stringMatching(/^checkpoint \d+: \d+ files, \d+ bytes; back to it: holdpoint restore \d+\n$/) });
  expect((await service.cli('checkpoints', 'taken')).stdout.match(/on demand/g)).toHaveLength(2);

  expect(documentOf('restore', await service.cli('restore', taken.id, '--json'))).toMatchObject({ exact: true, taken: expect.stringContaining('on demand') });
  expect(readFileSync(at('src/a.js'), 'utf8')).toBe('first\n');
  expect(errorOf(await service.cli('checkpoints', 'take', 'nobody', '--json'))).toMatchObject({ kind: 'unknown_project' });
}, 600_000);
