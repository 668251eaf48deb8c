/** What the activities are given by the worker; tests hand in real ones too. Types only. */
import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import type { Agent } from '../domain/agent.ts';
import type { AgentSettings, ReviewerSettings } from '../domain/plan.ts';
import type { TextRedactor } from '../domain/redaction.ts';
import type { PlanChangeCall } from '../domain/plan-change-call.ts';
import type { Reviewer } from '../domain/review.ts';
import type { Channel } from '../notify/channels.ts';
import type { Hosts } from '../ssh/hosts.ts';

export interface Deps {
  db: Kysely<Database>;
  hosts: Hosts;
  /** Throws `bad_input` for a name nobody registered. */
  agent(settings: AgentSettings): Agent;
  reviewer(settings: ReviewerSettings): Reviewer;
  /** Knows the credential the settings name, where it is kept on the worker, and all others it has read. */
  redactor(settings: AgentSettings): TextRedactor;
  /** Whether the milestone's workflow runs at this moment; of a lease, the workflow that holds it. */
  isRunning: (target: { project: string; milestone: string; holder?: string }) => Promise<boolean>;
  /** Hands a plan to a milestone that runs. Throws `policy` when it cannot go over to it, `not_open` or `unknown_target` when it does not run. */
  tellPlan: (target: { project: string; milestone: string }, change: PlanChangeCall) => Promise<unknown>;
  /** Agents that may be at work on a host at the same time; null: no limit but the workers' slots. */
  seatsOn(host: string): number | null;
  notify: {
    channels: readonly Channel[];
    /** Address of a workflow's page in the Web UI; null where the service does not know it. */
    pageOf(workflowId: string): string | null;
  };
  /** Names this installation in run keys and leases (db/installation.ts). */
  install: string;
}
