/** The plan of one fault: one task whose agent is the scripted one, which prints numbered lines and touches nothing. */
import { scriptedPrompt, type ScriptedStep } from '../agents/scripted.ts';
import { parsePlan, planFailure } from '../domain/plan-schema.ts';
import type { Plan } from '../domain/plan.ts';

export const MILESTONE = 'drill';
/** In the workspace: the agent prints until it is there. */
export const FINISH = 'finish';

/** 100 lines a second, for five minutes if nobody ends it (a drill that was killed); some more after the end was asked for. */
const FLOW: readonly ScriptedStep[] = [{ until: FINISH, everyMs: 10 }, { lines: 20 }];

export interface DrillPlan {
  plan: Plan;
  sha256: string;
  source: string;
}

export interface PlanPlace {
  project: string;
  host: string;
  workspace: string;
}

/** `first`: steps before the flow of lines. */
export function drillPlan({ project, host, workspace }: PlanPlace, first: readonly ScriptedStep[]): DrillPlan {
  const task = { id: 'lines', title: 'Numbered lines', instructions: scriptedPrompt([...first, ...FLOW]) };
  const source = JSON.stringify({
    project, workspace: { host, path: workspace }, agent: { name: 'scripted', attempts: 1, timeout: '5m' },
    policy: { permissions: { allow: ['Bash(escape)'] } },
    milestones: [{ id: MILESTONE, title: 'Drill', tasks: [task] }],
  });
  const parsed = parsePlan({ file: 'holdpoint.yaml', text: source, readFile: () => null });
  if (!parsed.ok) throw planFailure('holdpoint.yaml', parsed.errors);
  return { plan: parsed.plan, sha256: parsed.sha256, source };
}
