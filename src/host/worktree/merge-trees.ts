/**
 * Three-way merge of files as checkpoints hold them, in the shadow repository: renames are followed, and nothing of the user's
 * (merge drivers, attributes, hooks, configuration) has a say. Where both sides changed the same lines, the tree holds both.
 */
import type { MergeConflict, MergedTrees, MergeTrees } from '../../domain/host-files.ts';
import { SIDE_OF_WORKSPACE, SIDE_OF_WORKTREE } from '../../domain/merge-markers.ts';
import { HostError } from '../host-error.ts';
import { keepCheckpoint } from '../snapshot/checkpoint.ts';
import { requireTrees } from '../snapshot/diff.ts';
import { git, gitFailure, runGit } from '../snapshot/git.ts';
import { shownBytes } from '../snapshot/path-text.ts';
import type { Shadow } from '../snapshot/shadow.ts';
import { mergeSidecars } from './merge-sidecars.ts';

const WHO = 'holdpoint <holdpoint@localhost> 0 +0000';

/** May be repeated. `unknown_tree` when one of the checkpoints is not of this host; `git_missing` when its git is older than 2.38. */
export async function mergeTrees(shadow: Shadow, { base, ours, theirs }: MergeTrees): Promise<MergedTrees> {
  await requireTrees(shadow.git, base.tree, ours.tree, theirs.tree);
  const { tree, conflicts } = await mergeFiles(shadow, base.tree, ours.tree, theirs.tree);
  const sidecar = await mergeSidecars(shadow, tree, { base: base.sidecar, ours: ours.sidecar, theirs: theirs.sidecar });
  await keepCheckpoint(shadow, tree, sidecar);
  return { tree, sidecar, conflicts };
}

async function mergeFiles(shadow: Shadow, base: string, ours: string, theirs: string): Promise<{ tree: string; conflicts: MergeConflict[] }> {
  const root = await commitOf(shadow, base, null);
  // Their names are what the markers in files say.
  await git(shadow.git, ['update-ref', `refs/heads/${SIDE_OF_WORKSPACE}`, await commitOf(shadow, ours, root)]);
  await git(shadow.git, ['update-ref', `refs/heads/${SIDE_OF_WORKTREE}`, await commitOf(shadow, theirs, root)]);
  const args = ['-c', 'merge.directoryRenames=true', 'merge-tree', '--write-tree', '-z', '--name-only', '--messages', SIDE_OF_WORKTREE, SIDE_OF_WORKSPACE];
  const { code, stdout, stderr } = await runGit(shadow.git, args);
  if (code === 129) throw new HostError('git_missing', 'git on this host is too old to merge without a checkout: it needs 2.38 or newer');
  if (code !== 0 && code !== 1) throw gitFailure('merge-tree', { code, stderr });
  return readMerge(stdout);
}

function commitOf(shadow: Shadow, tree: string, parent: string | null): Promise<string> {
  const lines = [`tree ${tree}`, ...(parent === null ? [] : [`parent ${parent}`]), `author ${WHO}`, `committer ${WHO}`];
  return shadow.write('commit', Buffer.from(`${lines.join('\n')}\n\nmerge\n`));
}

/** The tree, names of conflicting files up to an empty one, then per message: how many paths, the paths, its kind, its text. */
function readMerge(output: Buffer): { tree: string; conflicts: MergeConflict[] } {
  const fields = output.toString('latin1').split('\0');
  const [tree = ''] = fields;
  const end = fields.indexOf('', 1);
  const names = end < 0 ? [] : fields.slice(1, end);
  const messages = end < 0 ? [] : readMessages(fields.slice(end + 1));
  const shown = (text: string): string => shownBytes(Buffer.from(text, 'latin1'));
  return { tree, conflicts: [...new Set(names)].map((name) => ({ path: shown(name), why: shown(messages.find(({ paths }) => paths.includes(name))?.text ?? 'both sides changed it') })) };
}

function readMessages(fields: string[]): { paths: string[]; text: string }[] {
  const messages: { paths: string[]; text: string }[] = [];
  for (let at = 0; /^\d+$/.test(fields[at] ?? ''); ) {
    const count = Number(fields[at]);
    const paths = fields.slice(at + 1, at + 1 + count);
    const [kind = '', text = ''] = fields.slice(at + 1 + count, at + 3 + count);
    if (kind.startsWith('CONFLICT')) messages.push({ paths, text: text.trim().replaceAll('\n', ' ') });
    at += 3 + count;
  }
  return messages;
}
