/** Several answers at once: each has a result of its own; and the record of who answered what. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { documentOf } from '../support/documents.ts';
import { startService, type Service } from '../support/service.ts';
import { asked, planFile, withScriptedAgent } from './plans.ts';

jest.setTimeout(300_000);

let service: Service;
beforeAll(async () => {
  service = await startService(withScriptedAgent());
}, 300_000);
afterAll(() => service.close());

test('a file of answers: one is accepted, one refused, and the record says who, when and how', async () => {
  await service.json('start', planFile(service, { project: 'several' }));
  const id = 'several/m/milestone_completion.1';
  await asked(service, id);
  const file = join(service.dir, 'answers.json');
  writeFileSync(file, JSON.stringify([{ breakpoint: id, action: 'approve', note: 'good' }, { breakpoint: id, action: 'abort' }, { breakpoint: 'several/m/stalled.9', action: 'wait', tree: 'x' }]));
  const sent = await service.cli('answer', '--file', file, '--by', 'ann', '--json');
  expect(documentOf('answers', sent)).toMatchObject({ answers: [{ breakpoint: id, accepted: true, by: 'ann' }, { accepted: false, error: { kind: expect.stringMatching(/already_answered|not_open/) } }, { accepted: false }] });
  expect(sent.code).toBe(4);
  const answered = async () => documentOf('answered', await service.cli('inbox', '--answered', 'several', '--json')).breakpoints;
  await expect(answered()).resolves.toMatchObject([{ id, answer: { action: 'approve', by: 'ann', via: 'cli', note: 'good' } }]);
  expect((await service.cli('inbox', '--answered')).stdout).toMatch(/^several\/m\/milestone_completion\.1 {2}approve by ann \(cli\) at .*\n {2}note: good\n$/);
});

test('nothing is sent of a file that is no list of answers, or of a form without a terminal', async () => {
  const file = join(service.dir, 'wrong.json');
  writeFileSync(file, '[{"breakpoint": "a"}]');
  expect((await service.cli('answer', '--file', file)).code).toBe(2);
  expect(await service.cli('inbox', '--answer')).toMatchObject({ code: 2, stderr: expect.stringContaining('needs a terminal') });
});
