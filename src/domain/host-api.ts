/**
 * What the program beside the code answers: JSON-RPC 2.0 methods, one object in, one object out.
 * Both ends are typed by this file; it holds no code but the list of names. Package-free.
 * Every method may be repeated; errors carry a `HostErrorKind` in `data.kind`. Every method may be given `hide`, secrets of the host that its
 * answer must not hold.
 */
import type { CollectSpec } from './collected-files.ts';
import type {
  AddedWorktree, AddWorktree, BlamedFile, Change, CheckpointRequest, CheckpointResult, DiffText, FileText, MergedTrees, MergeTrees, RecordedStep, RemovedWorktree, RemoveWorktree,
  RestoreRequest, RestoreResult, TreesOf, VerifiedTree, VerifyRequest, VerifyResult, VerifyTree, WatchBatch,
} from './host-files.ts';
import type { GatePolicy, GateVerdict } from './gate-policy.ts';
import type { ProbeRequest, ProbeResult } from './host-probe.ts';
import type { ReadSession, SessionPart, WriteSession, WrittenSession } from './host-sessions.ts';

export type * from './host-files.ts';
export type * from './host-probe.ts';
export type * from './host-sessions.ts';

export type HostErrorKind =
  | 'workspace_missing'
  | 'workspace_not_writable'
  | 'stale_fence' // the caller's lease is older than one this host has seen
  | 'bad_input'
  | 'git_missing'
  | 'unknown_tree'
  | 'workspace_busy' // a run of the workspace lives
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

/** One write lease of one workspace; a higher fence supersedes a lower one for good. */
export interface Fence {
  workspace: string;
  holder: string;
  fence: number;
}

export interface ClaimRequest extends Fence {
  /** Workspace whose store the workspace's checkpoints lie in, where it is another. */
  root?: string;
  /** Trees that are needed, whatever their age: without them no checkpoint is thrown away, only packed. */
  keepTrees?: string[];
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
  /**
   * Absent: standard input ends after `stdin`. Otherwise it stays open for `sendInput`, and ends when a line of the output is a JSON
   * object with these members, or when the run is cancelled or over a limit.
   */
  moreInput?: { until: Record<string, string> };
  files: RunFile[];
  /** Null: no gate is served. Otherwise `{{GATE_URL}}` and `{{GATE_TOKEN}}` are replaced in env values and file contents. */
  gate: GatePolicy | null;
  limits: { wallMs: number; outBytes: number; graceMs: number };
  /** The files whose trees are noted when a tool call begins and ends; stream `calls`. Only with a gate. */
  trees?: Omit<CheckpointRequest, 'holder' | 'fence'>;
  /** Files that are kept with the run once it has ended by itself; stream `collected`. */
  collect?: CollectSpec;
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

export type RunStream = 'out' | 'err' | 'gate' | 'calls' | 'collected';

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

export interface HostApi {
  hello(p: Record<string, never>): Promise<HostHello>;
  probe(p: ProbeRequest): Promise<ProbeResult>;
  /** Records the fence; `stale_fence`, with `{newest}` in its details, when a newer one is known or this one is another holder's. */
  claimWorkspace(p: ClaimRequest): Promise<{ workspace: string }>;
  startRun(p: StartRun): Promise<RunState>;
  runState(p: { key: string }): Promise<RunState>;
  readRun(p: ReadRun): Promise<RunChunk>;
  /** SIGINT, grace, then a sweep by control group and marker until scans are empty. Works on lost runs too; no grace kills at once. */
  cancelRun(p: { key: string; graceMs: number }): Promise<CancelResult>;
  /** Hands `text` to the run's standard input, once for an `id`. `sent: false`: it takes none (any more). */
  sendInput(p: { key: string; id: string; text: string }): Promise<{ sent: boolean }>;
  /** What the gate would say of a call now, without a run. */
  judgeCall(p: { policy: GatePolicy; tool: string; input: unknown }): Promise<{ decision: GateVerdict['decision'] }>;
  /** All that an ended run has written is stored elsewhere: the host need not keep it for long. */
  runStored(p: { key: string }): Promise<Record<string, never>>;
  /** What was added to the transcript of a session since it was read last. */
  readSession(p: ReadSession): Promise<SessionPart>;
  /** Puts a transcript back that is gone; part by part, each may be repeated. */
  writeSession(p: WriteSession): Promise<WrittenSession>;
  takeCheckpoint(p: CheckpointRequest): Promise<CheckpointResult>;
  diffTrees(p: TreesOf & { from: string; to: string }): Promise<{ changes: Change[] }>;
  /** When each path was last changed by the host's clock, milliseconds since 1970; null where nothing is there. Links are not followed. */
  changeTimes(p: { workspace: string; paths: string[] }): Promise<{ times: (number | null)[] }>;
  /** Unified diff of `path` and `paths`, or of all where neither is named. `binary`: with the content of binary files. */
  diffText(p: TreesOf & {
    from: string; to: string; path: string | null; paths?: string[]; binary?: boolean; maxBytes: number; hide?: SecretSource[];
  }): Promise<DiffText>;
  /** Files of a tree, in the order of `paths`. */
  readFiles(p: TreesOf & { tree: string; paths: string[]; maxBytes: number; hide?: SecretSource[] }): Promise<{ files: FileText[] }>;
  /**
   * Makes the files what a checkpoint says. Touches only what differs; what checkpoints do not cover stays, and so does a file whose
   * present content none could hold. Killed in the middle, the next call ends exact. `workspace_busy` while a run lives; a later restore
   * of the workspace ends this one with `stale_fence`.
   */
  restoreTree(p: RestoreRequest): Promise<RestoreResult>;
  /** Which of the trees, oldest first, brought each line of a file. */
  blameFile(p: TreesOf & { trees: string[]; path: string; maxBytes: number; hide?: SecretSource[] }): Promise<BlamedFile>;
  /** Puts recorded steps onto a tree: a path at which the result is not `to`, or null. */
  replayChanges(p: TreesOf & { from: string; to: string; steps: RecordedStep[][] }): Promise<{ differs: string | null }>;
  /** Holds a tree of a quiet workspace against its files and against what is stored of it, by reading them. */
  verifyTree(p: VerifyTree): Promise<VerifiedTree>;
  /** Changes since tree `base` (cursor 0) or since the last call; answers when there are some, else after `waitMs`. */
  watchChanges(p: CheckpointRequest & { base: string; cursor: number; waitMs: number; debounceMs?: number }): Promise<WatchBatch>;
  /** Reads stored objects again: a part of them, another one each time, or all. */
  verifyCheckpoints(p: VerifyRequest): Promise<VerifyResult>;
  unwatch(p: { workspace: string }): Promise<Record<string, never>>;
  /** A worktree of the workspace's repository, on a branch of its own, without files. Runs nothing of the user's. */
  addWorktree(p: AddWorktree): Promise<AddedWorktree>;
  /** Its files are gone after this: take a checkpoint before. */
  removeWorktree(p: RemoveWorktree): Promise<RemovedWorktree>;
  /** Changes no file. */
  mergeTrees(p: MergeTrees): Promise<MergedTrees>;
}

export type HostMethod = keyof HostApi;

export const HOST_METHODS: readonly HostMethod[] = [
  'hello', 'probe', 'claimWorkspace', 'startRun', 'runState', 'readRun', 'cancelRun', 'sendInput', 'judgeCall', 'runStored',
  'readSession', 'writeSession',
  'takeCheckpoint', 'diffTrees', 'changeTimes', 'diffText', 'readFiles', 'blameFile', 'replayChanges', 'verifyTree', 'restoreTree', 'watchChanges', 'unwatch', 'verifyCheckpoints',
  'addWorktree', 'removeWorktree', 'mergeTrees',
];
