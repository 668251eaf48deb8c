/**
 * What the program beside the code answers: JSON-RPC 2.0 methods, one object in, one object out.
 * Both ends are typed by this file; it holds no code but the list of names. Package-free.
 * Every method may be repeated; errors carry a `HostErrorKind` in `data.kind`.
 */
import type { GatePolicy } from './gate-policy.ts';

export type HostErrorKind =
  | 'workspace_missing'
  | 'workspace_not_writable'
  | 'stale_fence' // the caller's lease is older than one this host has seen
  | 'bad_input'
  | 'git_missing'
  | 'unknown_tree'
  | 'internal';

export interface HostHello {
  version: string;
  pid: number;
  node: string;
  platform: string;
  arch: string;
  bootId: string;
  user: string;
  home: string;
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
}

/** Something the agent's own program is asked that costs nothing, such as whether it is signed in. */
export interface AgentQuestion {
  args: string[];
  env: Record<string, string>;
  /** Names taken over from the host user's login environment. */
  inherit: string[];
}

/** One write lease of one workspace; a higher fence supersedes a lower one for good. */
export interface Fence {
  workspace: string;
  holder: string;
  fence: number;
}

/** A secret the run needs in its environment. Never written to disk by the host program. */
export type SecretSource =
  | { kind: 'value'; value: string } // resolved by the worker
  | { kind: 'hostEnv'; name: string }
  | { kind: 'hostFile'; path: string };

export interface RunFile {
  /** Relative to the run directory. */
  path: string;
  content: string;
}

export interface RunSpec {
  /** Found on PATH of `env`, or absolute. `{{RUN_DIR}}` is replaced in command, args, env values and file contents. */
  command: string;
  args: string[];
  cwd: string;
  /** The whole environment of the process: nothing is inherited but what `inherit` names. */
  env: Record<string, string>;
  /** Names taken over from the host user's login environment (PATH, HOME, …). */
  inherit: string[];
  stdin: string;
  files: RunFile[];
  /** Null: no gate is served. Otherwise `{{GATE_URL}}` and `{{GATE_TOKEN}}` are replaced in env values and file contents. */
  gate: GatePolicy | null;
  limits: { wallMs: number; outBytes: number; graceMs: number };
}

export interface StartRun extends Fence {
  key: string;
  spec: RunSpec;
  /** Environment name → source. Handed to the supervisor on its standard input, never in `cmd`. */
  secrets: Record<string, SecretSource>;
}

export type ExitReason = 'exited' | 'wall_limit' | 'output_limit' | 'cancelled' | 'spawn_failed';

export interface RunExit {
  code: number | null;
  signal: string | null;
  reason: ExitReason;
  message: string | null;
  /** RFC 3339. */
  at: string;
  /** What the statement "nothing of it is left" rests on; absent when nothing was started. */
  proof?: 'cgroup' | 'marker';
  /** Why the run had no control group of its own. */
  noCgroup?: string;
}

/** Process as the kernel knows it: the pid alone may be reused. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  startTicks: number;
}

export type RunState =
  | { kind: 'none' }
  | { kind: 'new' }
  | { kind: 'running'; process: ProcessIdentity | null; startedAt: string }
  | { kind: 'exited'; process: ProcessIdentity | null; startedAt: string; exit: RunExit }
  | { kind: 'lost'; process: ProcessIdentity | null; startedAt: string };

export type RunStream = 'out' | 'err' | 'gate';

export interface ReadRun {
  key: string;
  stream: RunStream;
  offset: number;
  maxBytes: number;
  /** Answers as soon as there are bytes or the run has ended, else after this long with no bytes. */
  waitMs: number;
  /** Secrets of the host whose bytes are answered as `*`; offsets and sizes are those of the stream. */
  hide?: SecretSource[];
}

export interface RunChunk {
  offset: number;
  /** base64 */
  data: string;
  /** Size of the stream when it was read. */
  size: number;
  state: RunState;
}

export interface CancelResult {
  state: RunState;
  /** What the statement "nothing is left" rests on. */
  proof: 'cgroup' | 'marker';
  killed: { pid: number; command: string }[];
}

export interface CheckpointRequest extends Fence {
  /** Globs relative to the workspace that are left out, and said so. */
  exclude: string[];
  /** Larger files are left out, and said so. */
  maxFileBytes: number;
}

export interface CheckpointResult {
  /** git tree id of the files, SHA-1. */
  tree: string;
  /** Blob id of the sidecar: modes, empty directories, what git cannot hold. */
  sidecar: string;
  files: number;
  bytes: number;
  /** `path: reason` of everything that is not in the tree. */
  notCovered: string[];
}

export type ChangeOp = 'add' | 'modify' | 'delete' | 'rename' | 'mode' | 'type';

export interface Change {
  path: string;
  op: ChangeOp;
  from?: string;
  mode: string;
  shaBefore: string | null;
  shaAfter: string | null;
  sizeBefore: number;
  sizeAfter: number;
  /** Lines; null for a binary file. */
  added: number | null;
  removed: number | null;
}

export interface WatchBatch {
  /** Give it back on the next call: nothing is told twice. */
  cursor: number;
  /** Tree the changes lead to; equal to the one before when nothing changed. */
  tree: string;
  changes: Change[];
  /** `watcher`: chokidar told us; `scan`: the safety timer found it. */
  observedBy: 'watcher' | 'scan';
}

export interface HostApi {
  hello(p: Record<string, never>): Promise<HostHello>;
  probe(p: { workspace: string | null; agentCommand: string | null; ask?: AgentQuestion }): Promise<ProbeResult>;
  /** Records the fence; `stale_fence`, with `{newest}` in its details, when a newer one is known or this one is another holder's. */
  claimWorkspace(p: Fence): Promise<{ workspace: string }>;
  startRun(p: StartRun): Promise<RunState>;
  runState(p: { key: string }): Promise<RunState>;
  readRun(p: ReadRun): Promise<RunChunk>;
  /** SIGINT, grace, then a sweep by control group and marker until scans are empty. Works on lost runs too; no grace kills at once. */
  cancelRun(p: { key: string; graceMs: number }): Promise<CancelResult>;
  /** All that an ended run has written is stored elsewhere: the host need not keep it for long. */
  runStored(p: { key: string }): Promise<Record<string, never>>;
  takeCheckpoint(p: CheckpointRequest): Promise<CheckpointResult>;
  diffTrees(p: { workspace: string; from: string; to: string }): Promise<{ changes: Change[] }>;
  /** Unified diff of one path or of all; cut at `maxBytes`. */
  diffText(p: { workspace: string; from: string; to: string; path: string | null; maxBytes: number; hide?: SecretSource[] }): Promise<{ text: string; truncated: boolean }>;
  /** Changes since tree `base` (cursor 0) or since the last call; answers when there are some, else after `waitMs`. */
  watchChanges(p: CheckpointRequest & { base: string; cursor: number; waitMs: number }): Promise<WatchBatch>;
  unwatch(p: { workspace: string }): Promise<Record<string, never>>;
}

export type HostMethod = keyof HostApi;

export const HOST_METHODS: readonly HostMethod[] = [
  'hello', 'probe', 'claimWorkspace', 'startRun', 'runState', 'readRun', 'cancelRun', 'runStored',
  'takeCheckpoint', 'diffTrees', 'diffText', 'watchChanges', 'unwatch',
];
