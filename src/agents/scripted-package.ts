/**
 * The scripted agent as a package of the configuration (`HOLDPOINT_AGENTS=<URL of this file>`): drills and tests ask for it by
 * name. `?node=PATH` in the URL names Node on the host; without it, the `node` on PATH there.
 */
import type { Register } from '../domain/registry.ts';
import type { Agent } from '../domain/agent.ts';
import type { AgentSettings } from '../domain/plan.ts';
import { createScripted } from './scripted.ts';

const command = new URL(import.meta.url).searchParams.get('node') ?? 'node';

export default (register: Register<AgentSettings, Agent>): void => register('scripted', () => createScripted({ command }));
