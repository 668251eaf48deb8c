/** `extend` to a project: more money for all its milestones together. Turns and minutes are given where they are used. */
import { log, setHandler, workflowInfo } from '@temporalio/workflow';
import { describeExtension, readExtension, type Extension, type RaisedLimit } from '../domain/limits/extension.ts';
import { groups } from './activity-groups.ts';
import { refusal } from './answer-handlers.ts';
import { failureMessage } from './failures.ts';
import { refused, type Refusal } from './inbox.ts';
import { budgetRaisedSignal, extendSignal, extendUpdate, type BudgetRaised } from './messages.ts';
import type { Run } from './project-children.ts';
import { DESCRIPTION, readBudgetRaised } from './project-money.ts';

type Money = Pick<Extension, 'by'> & { budgetUsd: number };

function judge({ project }: Run, payload: unknown): { kind: 'accepted'; money: Money } | Refusal {
  const read = readExtension(payload);
  if ('problem' in read) return refused('bad_input', read.problem);
  const { task, turns, minutes, budgetUsd, by } = read.extension;
  if (task !== undefined || turns !== undefined || minutes !== undefined || budgetUsd === undefined) {
    return refused('bad_input', 'a project is extended by "budgetUsd" alone: turns and minutes are given to a milestone or a task');
  }
  if (project.final) return refused('not_open', `the project has ended (${project.final}): there is nothing to extend`);
  const { budgetLevels } = project.brief;
  if (budgetLevels && !budgetLevels.includes('project')) return refused('policy', 'the plan sets no budget for the project: there is nothing to extend');
  return { kind: 'accepted', money: { budgetUsd, ...(by && { by }) } };
}

function demand(run: Run, payload: unknown): Money {
  const verdict = judge(run, payload);
  if (verdict.kind === 'refused') throw refusal(verdict);
  return verdict.money;
}

/** A milestone may have ended a moment ago. */
async function tellMilestones({ running }: Run, raised: BudgetRaised): Promise<void> {
  await Promise.all([...running.values()].map((child) => child.signal(budgetRaisedSignal, raised).catch((error: unknown) => {
    log.info('a milestone could not be told', { workflowId: child.workflowId, error: failureMessage(error) });
  })));
}

/** The row first: who is told looks at it. */
async function take(run: Run, { budgetUsd, by }: Money): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  const { project } = run.project.input;
  const row: RaisedLimit = { what: 'usd', level: 'project', task: null, amount: budgetUsd, by: by ?? null };
  const events = [{ kind: 'extended', message: `${describeExtension({ budgetUsd })} more for the project, by ${by ?? 'somebody'}` }];
  await groups.quick.recordState.executeWithOptions({ summary: `${project} extended` }, [{ project, workflowId, runId, raised: [row], events }]);
  await tellMilestones(run, { budgetUsd, ...(by && { by }) });
}

async function onSignal(run: Run, payload: unknown): Promise<void> {
  const verdict = judge(run, payload);
  if (verdict.kind === 'refused') log.warn('extend ignored', { failure: verdict.failure, why: verdict.message });
  else await take(run, verdict.money);
}

const EXAMPLE = 'Give the project more money than its plan does: {"budgetUsd": 5, "by": "your name"}';

export function handleProjectExtend(run: Run): void {
  setHandler(budgetRaisedSignal, async (payload: unknown) => {
    const raised = readBudgetRaised(payload);
    if (raised) await tellMilestones(run, raised);
  }, { description: DESCRIPTION });
  setHandler(extendSignal, (payload: unknown) => onSignal(run, payload), { description: EXAMPLE });
  const accept = (payload: unknown) => take(run, demand(run, payload)).then(() => ({ accepted: true as const }));
  setHandler(extendUpdate, accept, { validator: (payload: unknown) => void demand(run, payload), description: EXAMPLE });
}
