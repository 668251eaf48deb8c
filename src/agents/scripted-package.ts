/** The scripted agent as a package of the configuration (`HOLDPOINT_AGENTS=<this file>`): drills and tests ask for it by name. */
import type { Register } from '../domain/registry.ts';
import type { Agent } from '../domain/agent.ts';
import type { AgentSettings } from '../domain/plan.ts';
import { createScripted } from './scripted.ts';

export default (register: Register<AgentSettings, Agent>): void => register('scripted', () => createScripted({ command: 'node' }));
