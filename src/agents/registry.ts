/** Agents by name. */
import type { Agent } from '../domain/agent.ts';
import type { AgentSettings } from '../domain/plan.ts';
import { createRegistry, loadFactories, type Factories, type Registry } from '../domain/registry.ts';

export type AgentFactories = Factories<AgentSettings, Agent>;

/** `createAgents(builtinAgents(…), await loadAgentPackages(…)).make(settings)`. Throws `bad_input` for a name taken twice. */
export const createAgents = (...sources: AgentFactories[]): Registry<AgentSettings, Agent> => createRegistry('agent', ...sources);

/** Package names or file URLs whose default exports register agents; see `loadFactories`. */
export const loadAgentPackages = (specifiers: readonly string[]): Promise<AgentFactories> =>
  loadFactories('agent', specifiers, (specifier) => import(specifier));
