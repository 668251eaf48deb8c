/** The example's plan, pointed at the demo's own host, workspace and models. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planSha256 } from '../domain/plan-hash.ts';
import { parsePlan, planFailure } from '../domain/plan-schema.ts';
import type { Plan } from '../domain/plan.ts';
import { DEMO_KEY } from './parts.ts';
import { DEMO_MODEL } from './scenario.ts';

export interface DemoPlan {
  plan: Plan;
  sha256: string;
  source: string;
}

/** `scripted`: the models are; otherwise the plan's own settings for agent and reviewer stay. */
export function demoPlan(workspace: string, host: string, scripted: boolean): DemoPlan {
  const file = join(workspace, 'holdpoint.yaml');
  const source = readFileSync(file, 'utf8');
  const result = parsePlan({ file, text: source, readFile: (name) => readFileSync(join(workspace, name), 'utf8') });
  if (!result.ok) throw planFailure(file, result.errors);
  const placed: Plan = { ...result.plan, workspace: { host, path: workspace } };
  const plan = scripted ? withScriptedModels(placed) : placed;
  return { plan, sha256: planSha256(plan), source };
}

const withScriptedModels = (plan: Plan): Plan => ({
  ...plan,
  agent: { ...plan.agent, auth: { kind: 'apiKey', source: { on: 'worker', env: DEMO_KEY.variable } } },
  reviewer: { ...plan.reviewer, model: DEMO_MODEL },
});
