/** Table of restores. */
import type { InstantDefaulted, InstantOrNull, Json, JsonOrNull } from './columns.ts';

export interface RestoreTable {
  /** Of the question or the request that asked for it. */
  id: string;
  project: string;
  milestone: string;
  epoch: number;
  checkpoint_id: number;
  /** Null: everything. */
  paths: JsonOrNull<string[]>;
  by_whom: string | null;
  effects: Json<string[]>;
  at: InstantDefaulted;
  /** Null: it goes on. */
  done_at: InstantOrNull;
  exact: boolean | null;
  changed_files: number | null;
  not_restored: JsonOrNull<{ path: string; reason: string }[]>;
  tree_after: string | null;
}
