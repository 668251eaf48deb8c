/** What the activities are given by the worker; tests hand in real ones too. Types only. */
import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import type { Agent } from '../domain/agent.ts';
import type { AgentSettings, ReviewerSettings } from '../domain/plan.ts';
import type { TextRedactor } from '../domain/redaction.ts';
import type { Reviewer } from '../domain/review.ts';
import type { Hosts } from '../ssh/hosts.ts';

export interface Deps {
  db: Kysely<Database>;
  hosts: Hosts;
  /** Throws `bad_input` for a name nobody registered. */
  agent(settings: AgentSettings): Agent;
  reviewer(settings: ReviewerSettings): Reviewer;
  /** Knows the credential the settings name, where it is kept on the worker, and all others it has read. */
  redactor(settings: AgentSettings): TextRedactor;
  /** Whether the milestone's workflow runs at this moment. */
  isRunning: (target: { project: string; milestone: string }) => Promise<boolean>;
  /** Agents that may be at work on a host at the same time; null: no limit but the workers' slots. */
  seatsOn(host: string): number | null;
  /** Names this installation in run keys. */
  install: string;
}
