/** Files of a workspace as the host program speaks of them: checkpoints, what differs, what changes. Types only; package-free. */
import type { Fence } from './host-api.ts';

/** Which store of objects a call about trees means. */
export interface TreesOf {
  workspace: string;
  /**
   * Path of another workspace of this host, whose store holds the objects; the workspace's own when absent. So trees of a worktree or a
   * fork and of its origin can be compared, merged and restored across. The folder itself may be gone, its store not.
   */
  root?: string;
}

export interface CheckpointRequest extends Fence, TreesOf {
  /** Globs relative to the workspace that are left out, and said so. */
  exclude: string[];
  /** Globs of what is covered although `exclude` names it. */
  include?: string[];
  /** Larger files are left out, and said so. */
  maxFileBytes: number;
  /** What this user owns and has locked for himself is read all the same; its permissions are as before afterwards. */
  borrow?: boolean;
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
  /** Bytes; 0 where nothing is, and where the stored content is gone. */
  sizeBefore: number;
  sizeAfter: number;
  /** Lines; null for a binary file, and where a stored content is damaged. */
  added: number | null;
  removed: number | null;
  /** Ids of stored contents of it that are missing or damaged; absent where there are none. Of such a path no move is told. */
  damaged?: string[];
}

export interface RestoreRequest extends CheckpointRequest {
  /** Of the checkpoint that is wanted. */
  tree: string;
  sidecar: string;
  /** Relative to the workspace, as changes name them; a folder stands for all below it. Null: everything. */
  paths: string[] | null;
  /** Only says what would change. */
  dryRun: boolean;
}

export interface RestoreResult {
  /** From what was there to what is wanted, also what could not be done. */
  changes: Change[];
  /** Shown paths that are not as in the checkpoint, and why. */
  notRestored: { path: string; reason: string }[];
  /** The files as they were found afterwards, by a new look at all that was written; of a dry run, as they are. */
  after: CheckpointResult;
  /** All that was asked for is as in the checkpoint. */
  exact: boolean;
  /** Of it: comparing and changing the files; looking at them again. */
  took: { restoreMs: number; verifyMs: number };
}

export interface VerifyRequest extends TreesOf {
  /** Read everything instead of the part whose turn it is. */
  all: boolean;
}

/** What came of reading stored objects again. */
export interface VerifyResult {
  /** The part that was read, of `parts`; the next call reads the next one. Null: everything was read. */
  part: number | null;
  parts: number;
  checkpoints: number;
  objects: number;
  bytes: number;
  /** Named by checkpoints, and not there, or not what was stored. */
  damaged: { id: string; reason: string }[];
}

export interface DiffText {
  text: string;
  /** It was cut at `maxBytes`. */
  truncated: boolean;
  /** Paths that were asked for and cannot be: they are no UTF-8. They are in a diff of everything. */
  leftOut: string[];
  /** Paths that are not in it, because what was stored of them is missing or damaged. */
  damaged: string[];
}

export interface FileText {
  path: string;
  exists: boolean;
  /** Null when it does not exist, is larger than was asked for, is no text, or is damaged. */
  text: string | null;
  /** What was stored of it is missing or damaged. */
  damaged?: true;
}

export interface WatchBatch {
  /** Give it back on the next call: nothing is told twice. */
  cursor: number;
  /** Tree the changes lead to; equal to the one before when nothing changed. */
  tree: string;
  changes: Change[];
  /** `watcher`: chokidar told us; `scan`: the safety timer found it. */
  observedBy: 'watcher' | 'scan';
  /** How changes are noticed, for people: `inotify`, or `polling (why)`. */
  mode: string;
  /** By the host's clock, milliseconds since 1970: what is told happened after `since` and before `until`. */
  since: number;
  until: number;
  /** When paths were heard of, where they were. */
  times: Record<string, number>;
}

/** Under the lease of the workspace it is a worktree of. */
export interface AddWorktree extends Fence {
  /** Absolute; neither in the workspace nor around it. Its folder must exist. */
  path: string;
  /** Made at the commit that is checked out in the workspace, unless it exists. */
  branch: string;
  /** Globs relative to the workspace: what they match of that which `exclude` leaves out of checkpoints is linked to the workspace's own. */
  link: string[];
  exclude: string[];
}

export interface AddedWorktree {
  /** Real path. It holds git's own file and links, no file of the repository. */
  path: string;
  /** Where its branch begins. */
  commit: string;
  /** Relative paths that lead to the workspace's own. */
  linked: string[];
}

export interface RemoveWorktree extends Fence {
  path: string;
  branch: string;
  /** A branch that still points there holds nothing and is removed too. */
  commit: string;
}

export interface RemovedWorktree {
  /** It was kept for its commits; null: there is none any more. */
  branch: string | null;
}

export interface TreeAndSidecar {
  tree: string;
  sidecar: string;
}

/** Three states of the files, as checkpoints of one shadow repository hold them. */
export interface MergeTrees {
  workspace: string;
  base: TreeAndSidecar;
  /** Of the workspace. */
  ours: TreeAndSidecar;
  /** Of the worktree. */
  theirs: TreeAndSidecar;
}

export interface MergedTrees extends TreeAndSidecar {
  /** Empty: it is whole. Otherwise files of text in the tree hold both sides between markers. */
  conflicts: MergeConflict[];
}

export interface MergeConflict {
  path: string;
  /** In one line, as git says it. */
  why: string;
}

export interface BlamedLine {
  /** Place in the list of trees of the one that brought it. */
  tree: number;
  /** Of the file in that tree: it may have been renamed since. */
  path: string;
  /** Number of the line in that tree's file, from 1. */
  line: number;
  text: string;
}

export interface BlamedFile {
  /** The last tree that is kept. */
  tree: string;
  exists: boolean;
  /** False: binary, or larger than was asked for; there are no lines then. */
  isText: boolean;
  lines: BlamedLine[];
  /** Trees that are not kept any more: what they brought counts for the next one. */
  missing: number;
}

/** A recorded change, as far as it says what the next tree holds. */
export type RecordedStep = Pick<Change, 'path' | 'op' | 'from' | 'mode' | 'shaAfter'>;

export interface VerifyTree extends CheckpointRequest {
  tree: string;
  /** Which of `parts` is looked at, from 0. */
  part: number;
  parts: number;
}

export interface VerifiedTree {
  /** Read and hashed. */
  files: number;
  bytes: number;
  /** What is not as the tree says, in words; the first ones. */
  wrong: string[];
  /** The tree is wrong about files; the next checkpoint reads them anew. */
  retake: boolean;
}
