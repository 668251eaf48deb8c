/** Our path: a person answers a question, and the agent's next run resumes the session of the task. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenDb } from '../../src/db/client.ts';
import { savePlan } from '../../src/db/plans.ts';
import { parsePlan } from '../../src/domain/plan-schema.ts';
import { answerBreakpoint } from '../../src/temporal/client.ts';
import { startProject } from '../../src/temporal/start.ts';
import type { Temporal } from '../../src/temporal/connection.ts';
import { until } from '../b1/ours.ts';

export interface OurParts {
  dir: string;
  db: OpenDb['db'];
  temporal: Temporal;
  project: string;
}

/** A turn without work ends in a question when no attempt is left, so every `retry` is one more resumed run. */
export async function startAsking({ dir, db, temporal, project }: OurParts): Promise<void> {
  const workspace = join(dir, 'workspace');
  mkdirSync(workspace);
  const text = JSON.stringify({
    project, workspace: { host: 'local', path: workspace }, agent: { attempts: 1, auth: { apiKey: { env: 'BENCH_KEY' } } },
    checks: [{ name: 'none', run: 'false' }], milestones: [{ id: 'm', title: 'Ask', tasks: [{ id: 't', title: 'Ask', instructions: 'Say something.' }] }],
  });
  const parsed = parsePlan({ file: 'holdpoint.yaml', text, readFile: () => null });
  if (!parsed.ok) throw new Error(parsed.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  await savePlan(db, { project, sha256: parsed.sha256, plan: parsed.plan, source: text });
  await startProject(temporal, { project, planSha256: parsed.sha256 });
}

async function openQuestion({ db, project }: OurParts): Promise<string> {
  let id: string | undefined;
  await until('a question', async () => {
    const row = await db.selectFrom('breakpoint').select('id').where('project', '=', project).where('answered_at', 'is', null).executeTakeFirst();
    id = row?.id;
    return id !== undefined;
  });
  return id ?? '';
}

/** When the worker had the first line of the project's latest run in hand, by the clock of this machine. */
async function firstLineAt({ db, project }: OurParts): Promise<number> {
  const run = await db.selectFrom('run').innerJoin('turn', 'turn.id', 'run.turn_id').select(['run.id', 'run.spec']).where('turn.project', '=', project)
    .orderBy('run.id', 'desc').limit(1).executeTakeFirstOrThrow();
  if (!(run.spec as { resume?: boolean }).resume) throw new Error('the run did not resume a session');
  const { at } = await db.selectFrom('agent_event').select('at').where('run_id', '=', run.id).orderBy('byte_offset').limit(1).executeTakeFirstOrThrow();
  return at.getTime();
}

/** Milliseconds from the answer to the agent's first line; returns when the next question is open. */
export async function answered(parts: OurParts): Promise<number> {
  const breakpoint = await openQuestion(parts);
  const begun = Date.now();
  await answerBreakpoint(parts.temporal, { breakpoint, action: 'retry', by: 'bench' });
  await until('the next question', async () => {
    const open = await parts.db.selectFrom('breakpoint').select('id').where('project', '=', parts.project).where('answered_at', 'is', null).executeTakeFirst();
    return open !== undefined && open.id !== breakpoint;
  });
  return (await firstLineAt(parts)) - begun;
}
