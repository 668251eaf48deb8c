/** Milestones and tasks that work in a worktree of their own: what the plan says of it, where it lies, what it is called. Package-free but for paths. */
import { posix } from 'node:path';

export interface IsolationPlan {
  /** Absolute folder for worktrees; absent: that of the workspace. */
  folder?: string;
  /** Globs of what checkpoints leave out: linked to the workspace's own. */
  link: string[];
  /** Command line that makes a new worktree ready; absent: it is ready as it is. */
  setup?: { run: string; timeoutMs: number };
}

/** Absent: in the workspace itself. */
export type Isolation = 'worktree';

/** What worktrees find, where the plan does not say it. */
export const DEFAULT_LINK = ['**/node_modules'];

interface Isolated {
  isolation?: Isolation | 'none' | undefined;
}

/** Whether anything but a fork works in one. */
export const hasWorktrees = ({ milestones }: { milestones: readonly (Isolated & { tasks: readonly Isolated[] })[] }): boolean =>
  milestones.some((milestone) => [milestone, ...milestone.tasks].some(({ isolation }) => isolation === 'worktree'));

export interface WorktreeName {
  project: string;
  milestone: string;
  /** Null: of the whole milestone. */
  task: string | null;
  /** Number of the workspace's lease: no two runs of a project share a worktree or a branch. */
  epoch: number;
}

/** A file name may have 255 bytes; three ids take up to 192 of them. */
const MOST_OF_WORKSPACE = 40;

/** Beside the workspace, so that what it finds in the folders above and beside it is found from here too. */
export const worktreePath = (workspace: string, folder: string | undefined, name: WorktreeName): string => besideWorkspace(workspace, folder, wordsOf(name));

/** In a folder of the plan's, workspaces of other projects have theirs too. */
export const forkWorktreePath = (workspace: string, folder: string | undefined, { project, id }: { project: string; id: string }): string =>
  (folder === undefined ? `${posix.resolve(workspace)}.${id}` : besideWorkspace(workspace, folder, `${project}.${id}`));

const besideWorkspace = (workspace: string, folder: string | undefined, words: string): string =>
  posix.join(folder ?? posix.dirname(workspace), `${posix.basename(workspace).slice(0, MOST_OF_WORKSPACE)}.${words}`);

export const worktreeBranch = (name: WorktreeName): string => `holdpoint/${wordsOf(name)}`;

const wordsOf = ({ project, milestone, task, epoch }: WorktreeName): string => [project, milestone, ...(task === null ? [] : [task]), epoch].join('.');
