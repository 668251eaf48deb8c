/** The reviewer's word counts, and a failing check counts more: the same work and the same evidence, other reviews. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DecisionsDocument } from '../../src/domain/documents/turns.ts';
import type { StatusDocument } from '../../src/db/status.ts';
import { eventually } from '../support/eventually.ts';
import type { Service } from '../support/service.ts';
import { startScriptedService, writePlan } from './scripted-project.ts';

let service: Service;
beforeAll(async () => {
  service = await startScriptedService();
}, 300_000);
afterAll(() => service.close());

const reviewOf = (quality: number) => ({ review: { requirementsMet: [{ requirement: 'all', met: true }], issues: [{ severity: 'minor', text: 'names' }], alternatives: [], quality, confidence: 0.9 } });

type Decided = DecisionsDocument['decisions'][number];

/** The decision about the first turn of a project whose only task writes a file; `check` is its only check. */
async function decided(project: string, quality: number, check: string): Promise<Decided> {
  service.ollama.setScript({ models: ['scripted'], otherwise: reviewOf(quality) });
  const task = { id: 'work', title: `Work of ${project}`, steps: [{ write: 'src/a.js', content: 'export const a = 1;\n' }, { say: 'done' }] };
  const plan = writePlan(service, { project, milestones: [{ id: 'all', title: 'All', tasks: [task] }], checks: [{ name: 'test', run: check }], asks: false });
  await service.json('start', plan);
  const first = async (): Promise<Decided | undefined> => (await service.json<DecisionsDocument>('decisions', project)).decisions[0];
  return eventually(first, { timeoutMs: 120_000, everyMs: 200, what: `the first decision of ${project}` });
}

type Facts = { review: { kind: string; review?: { quality: number } } | null; evidence: { exitCode: number | null; met: boolean }[] };
const factsOf = ({ facts }: Decided): Facts => facts as Facts;

test('the same evidence with a review of .9 and of .1 gives two decisions', async () => {
  const good = await decided('good-review', 0.9, 'true');
  const bad = await decided('bad-review', 0.1, 'true');
  expect(factsOf(good).evidence.map(({ exitCode }) => exitCode)).toEqual(factsOf(bad).evidence.map(({ exitCode }) => exitCode));
  expect([factsOf(good).review?.review?.quality, factsOf(bad).review?.review?.quality]).toEqual([0.9, 0.1]);
  expect(good).toMatchObject({ decision: 'proceed', rule: 'quality_reached' });
  expect(bad.decision).not.toBe('proceed');
  // Checks that pass and a review of .1 contradict each other: a person is asked.
  expect(bad.rule).toBe('conflicting_solutions');
}, 600_000);

test('a required check that fails is never overruled: not in any attempt, not by a review of 1.0', async () => {
  const first = await decided('red-check', 1, 'test -e src/never.js');
  expect(first).toMatchObject({ decision: 'retry', rule: 'check_failed_retry' });
  const asked = async () => (await service.json<{ breakpoints: { kind: string; project: string }[] }>('inbox')).breakpoints.find((b) => b.project === 'red-check');
  expect(await eventually(asked, { timeoutMs: 120_000, everyMs: 200, what: 'the question' })).toMatchObject({ kind: expect.stringMatching(/breaking_test_failure|consecutive_failures/) });
  const { decisions } = await service.json<DecisionsDocument>('decisions', 'red-check');
  expect(decisions.map(({ decision }) => decision)).toEqual(['retry', 'retry', 'breakpoint']);
  expect(decisions.every((one) => factsOf(one).evidence.some(({ met }) => !met))).toBe(true);
  const { projects } = await service.json<StatusDocument>('status', 'red-check');
  expect(projects[0]?.milestones[0]?.tasks[0]?.state).not.toBe('completed');
}, 600_000);
