/** What people and the agent are told when a result could not be brought back. Pure. */
import type { MergeConflict } from '../domain/host-api.ts';
import { SIDE_OF_WORKSPACE, SIDE_OF_WORKTREE } from '../domain/merge-markers.ts';

/** Small: it travels through the history. */
const MAX_LISTED = 10;
const MAX_LINE = 200;

export interface ConflictDetail {
  path: string;
  branch: string;
  conflicts: MergeConflict[];
  more: number;
}

export function conflictDetail(worktree: { path: string; branch: string }, conflicts: MergeConflict[], more: number): ConflictDetail {
  const listed = conflicts.slice(0, MAX_LISTED).map(({ path, why }) => ({ path: path.slice(0, MAX_LINE), why: why.slice(0, MAX_LINE) }));
  return { path: worktree.path, branch: worktree.branch, conflicts: listed, more: more + conflicts.length - listed.length };
}

const listOf = ({ conflicts, more }: ConflictDetail): string =>
  [...conflicts.map(({ path, why }) => `- ${path}: ${why}`), ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');

/** For a person. */
export const conflictReason = (detail: ConflictDetail): string =>
  `The result cannot be brought back by itself: both sides have changed the same. Both stand in the files of ${detail.path}; edit them there and answer "resolved", or let the agent try with "retry".\n${listOf(detail)}`;

export const unresolvedReason = (detail: ConflictDetail, paths: string[], more: number): string =>
  `Not brought back: both sides still stand beside each other, between the markers, in ${paths.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Edit them in ${detail.path} and answer "resolved", or let the agent try with "retry".`;

const TOO_LARGE = 'has become larger than policy.snapshot.maxFileSize: no checkpoint holds it, and bringing the rest back would delete it';

export const tooLarge = (path: string): MergeConflict => ({ path, why: TOO_LARGE });

export const outgrownReason = ({ path, conflicts, more }: ConflictDetail): string =>
  `Not brought back: ${listOf({ path, branch: '', conflicts, more })}\nMake them smaller in ${path}, or take them away there, and answer "resolved", or let the agent try with "retry".`;

/** For the agent's next attempt. */
export function conflictNote(detail: Record<string, unknown> | undefined): string {
  const of = detail as unknown as ConflictDetail;
  if (of.conflicts.length > 0 && of.conflicts.every(({ why }) => why === TOO_LARGE)) return `Your work cannot be brought back. Make each of these files small again:\n${listOf(of)}`;
  return [
    'Your work was fine by itself, but others have changed the same files meanwhile. Their changes have been put into your files.',
    `Where both sides changed the same lines, both stand there: yours after "<<<<<<< ${SIDE_OF_WORKTREE}", theirs after "=======" up to ">>>>>>> ${SIDE_OF_WORKSPACE}".`,
    'Make each of these files right, so that what both sides wanted holds, and leave no marker:',
    listOf(of),
  ].join('\n');
}

/** The same, after checks have failed on the files of both. */
export const redNote = (feedback: string): string =>
  `Your work passed its checks by itself. Brought together with what others have changed meanwhile, required checks failed, and it was taken back. Make it hold together with theirs.\n\n${feedback}`;
