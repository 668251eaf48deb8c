/** What people said to the agent. */
import type { Instant, InstantOrNull } from './columns.ts';

export interface SteeringTable {
  id: string;
  project: string;
  milestone: string;
  epoch: number;
  task: string | null;
  text: string;
  said_by: string | null;
  said_at: Instant;
  run_key: string | null | undefined;
  turn_id: number | null | undefined;
  read_at: InstantOrNull;
}
