/** Short turns while Postgres and the link are restarted every few of them: each has exactly one result, and the right one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RunTurn } from '../../src/activities/contract.ts';
import { createScripted, scriptedPrompt, type ScriptedStep } from '../../src/agents/scripted.ts';
import { savePlan } from '../../src/db/plans.ts';
import { parsePlan } from '../../src/domain/plan-schema.ts';
import { eventually } from '../support/eventually.ts';
import { callActivity, startInProcess, type InProcess } from '../support/faults/in-process.ts';
import { compare } from '../support/faults/oracle.ts';
import { faultSequence } from '../support/faults/sequence.ts';
import { HOST, startStage, type Stage } from '../support/faults/stage.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, SEED } from '../support/scale.ts';
import { describeWithSshd } from '../support/sshd.ts';

const PROJECTS = scaled(4, 8);
const TURNS = scaled(5, 125);
const DEADLINE_MS = 120_000;
const CHAOS = ['restartPostgres', 'reset', 'crashPostgres', 'blackHole'] as const;

const valueOf = (project: string, turn: number): string => `${project} says ${turn * turn}`;

/** Each turn leaves its number in a file, and says its value. */
const stepsOf = (project: string): ScriptedStep[] => Array.from({ length: TURNS }, (_, n) => n + 1).flatMap((turn) => [
  { turn, append: 'log', content: `${turn}\n` }, { turn, say: valueOf(project, turn) },
]);

function planText(project: string, workspace: string): string {
  return JSON.stringify({
    project, workspace: { host: HOST, path: workspace }, agent: { name: 'scripted' }, policy: { permissions: { allow: ['Edit(**)'] } },
    milestones: [{ id: 'm', title: 'Turns', tasks: [{ id: 't', title: 'Turns', instructions: scriptedPrompt(stepsOf(project)) }] }],
  });
}

/** As Temporal does: again after a failure, until it has a result. */
const insist = async <T>(what: string, call: () => Promise<T>): Promise<T> =>
  (await eventually(() => call().then((value) => ({ value })), { timeoutMs: DEADLINE_MS, everyMs: 200, what })).value;

interface Told {
  call: RunTurn;
  key: string;
  message: string;
}

describeWithSshd('chaos', () => {
  let stage: Stage;
  let worker: InProcess;
  let done = 0;

  async function takeTurns(project: string): Promise<Told[]> {
    const parsed = parsePlan({ file: 'holdpoint.yaml', text: planText(project, stage.workspace(project)), readFile: () => null });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    await insist('the plan', () => savePlan(stage.db, { project, sha256: parsed.sha256, plan: parsed.plan, source: '' }));
    const ref = { project, planSha256: parsed.sha256, milestone: 'm' };
    const { epoch } = await insist('the lease', () => callActivity(worker, 'claimWorkspace', { ...ref, workflowRunId: project }).result);
    const told: Told[] = [];
    for (let turn = 1; turn <= TURNS; turn += 1) {
      const call = { ...ref, epoch, task: 't', turn, seq: 1 };
      const { runKey } = await insist(`the begin of ${project} ${turn}`, () => callActivity(worker, 'beginTurn', { ...call, note: null }).result);
      const report = await insist(`the result of ${project} ${turn}`, () => callActivity(worker, 'runTurn', call).result);
      told.push({ call, key: runKey, message: 'message' in report ? report.message : report.outcome });
      done += 1;
    }
    return told;
  }

  /** The next fault when one to three more turns have come to their end. */
  async function disturb(all: number): Promise<number> {
    const random = seededRandom(SEED);
    let faults = 0;
    for (const fault of faultSequence(random, CHAOS, all)) {
      const next = done + 1 + Math.floor(random() * scaled(3, 6));
      if (next >= all) break;
      await eventually(() => done >= next, { timeoutMs: DEADLINE_MS, what: `turn ${next}` });
      if (fault === 'reset') stage.proxy.reset();
      else if (fault === 'blackHole') stage.proxy.swallow();
      else await stage.postgres.restart(fault === 'crashPostgres' ? 'crash' : 'orderly');
      faults += 1;
    }
    return faults;
  }

  async function expectOneResult({ call: { project, turn }, key, message }: Told): Promise<void> {
    expect(message).toBe(valueOf(project, turn));
    const rows = await stage.db.selectFrom('turn').innerJoin('run', 'run.turn_id', 'turn.id').innerJoin('agent_event', 'agent_event.run_id', 'run.id')
      .select(['turn.outcome', 'run.run_key', 'run.state']).where('project', '=', project).where('turn.turn', '=', turn).where('kind', '=', 'result').execute();
    expect(rows).toEqual([{ outcome: 'completed', run_key: key, state: 'exited' }]);
    const { written, stored, gaps } = await compare(stage.db, stage.stateDir, key);
    expect({ ...stored, gaps }).toEqual({ ...written, gaps: [] });
  }

  test(`${PROJECTS * TURNS} turns have one result each: seed ${SEED}`, async () => {
    stage = await startStage({ temporal: false });
    worker = startInProcess(stage, createScripted({ command: process.execPath }));
    try {
      const projects = Array.from({ length: PROJECTS }, (_, n) => `project-${n}`);
      const [faults, ...told] = await Promise.all([disturb(PROJECTS * TURNS), ...projects.map(takeTurns)]);
      expect(faults).toBeGreaterThanOrEqual(scaled(4, 100));
      for (const one of told.flat()) await expectOneResult(one);
      const effects = projects.map((project) => readFileSync(join(stage.workspace(project), 'log'), 'utf8'));
      const once = Array.from({ length: TURNS }, (_, n) => `${n + 1}\n`).join('');
      expect(effects).toEqual(projects.map(() => once));
    } finally {
      await worker.close();
      await stage.close();
    }
  }, scaled(600_000, 3_600_000));
});
