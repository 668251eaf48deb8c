/** Agents by name. The built-in ones and those that packages named in the configuration bring; a name is taken once. */
import type { Agent } from '../domain/agent.ts';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { AgentSettings } from '../domain/plan.ts';

/** Makes an agent for one plan's settings; called again for every plan. Throws only `HoldpointError`. */
export type AgentFactory = (settings: AgentSettings) => Agent;

export interface AgentRegistry {
  names(): string[];
  /** Throws `bad_input`, naming what there is, for a name nobody registered. */
  agent(settings: AgentSettings): Agent;
}

/** What the default export of an agent package is given. */
export type RegisterAgents = (register: (name: string, factory: AgentFactory) => void) => void | Promise<void>;

export type AgentFactories = Record<string, AgentFactory>;

/** Throws `bad_input` when two sources bring the same name. */
export function createAgents(...sources: AgentFactories[]): AgentRegistry {
  const factories = new Map<string, AgentFactory>();
  for (const [name, factory] of sources.flatMap((source) => Object.entries(source))) {
    if (factories.has(name)) throw new HoldpointError('bad_input', `Two agents are registered under the name "${name}".`);
    factories.set(name, factory);
  }
  const names = () => [...factories.keys()].sort();
  return {
    names,
    agent(settings) {
      const factory = factories.get(settings.name);
      if (factory) return factory(settings);
      throw new HoldpointError('bad_input', `There is no agent "${settings.name}".`, { hint: `Registered: ${names().join(', ')}.` });
    },
  };
}

/**
 * Imports the packages (names or file URLs) and collects what their default exports register. Runs code of those
 * packages in the worker: only what the service's own configuration names. Throws `bad_input` for one that cannot be used.
 */
export async function loadAgentPackages(specifiers: readonly string[]): Promise<AgentFactories> {
  const collected: AgentFactories = {};
  for (const specifier of specifiers) {
    const register = await importDefault(specifier);
    await register((name, factory) => {
      if (Object.hasOwn(collected, name)) throw new HoldpointError('bad_input', `Two agents are registered under the name "${name}".`);
      collected[name] = factory;
    });
  }
  return collected;
}

async function importDefault(specifier: string): Promise<RegisterAgents> {
  const imported = await import(specifier).catch((cause: unknown) => {
    throw new HoldpointError('bad_input', `The agent package "${specifier}" cannot be loaded: ${String(cause)}`, {
      hint: 'Install it beside Holdpoint, or take it out of the configuration.', cause,
    });
  }) as { default?: unknown };
  if (typeof imported.default === 'function') return imported.default as RegisterAgents;
  throw new HoldpointError('bad_input', `The agent package "${specifier}" has no default export that registers agents.`, {
    hint: 'It must export default (register) => register(name, factory).',
  });
}
