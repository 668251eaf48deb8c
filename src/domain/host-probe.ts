/** What a host has to work with, as the host program tells it. Types only; package-free. */

export interface ProbeRequest {
  workspace: string | null;
  agentCommand: string | null;
  ask?: AgentQuestion;
  /** How changes of the workspace will be noticed is asked too; `exclude` as in `CheckpointRequest`. */
  watch?: { exclude: string[] };
}

export interface ProgramProbe {
  /** Absolute path, null when not found. */
  path: string | null;
  version: string | null;
}

export interface ProbeResult {
  git: ProgramProbe;
  agent: ProgramProbe;
  node: ProgramProbe;
  workspace: { exists: boolean; writable: boolean; freeBytes: number | null };
  /** Present when something was asked; null when the agent is not there or gave no answer in time. */
  answer?: { code: number | null; out: string } | null;
  /** Present when it was asked for and the workspace is there. */
  watch?: WatchOutlook;
}

/** How changes of a workspace will be noticed. */
export interface WatchOutlook {
  /** As in `WatchBatch`: `inotify`, or `polling (why)`. */
  mode: string;
  /**
   * Of inotify: how many watches the user may have, all his programs together, and how many the workspace takes, one a folder; counted up
   * to one more than the limit. Null: it is not asked for any, or counting would take long.
   */
  watches: { limit: number; needed: number } | null;
}

/** Something the agent's own program is asked that costs nothing, such as whether it is signed in. */
export interface AgentQuestion {
  args: string[];
  env: Record<string, string>;
  /** Names taken over from the host user's login environment. */
  inherit: string[];
}
