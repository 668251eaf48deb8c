/** The states a project's files went through, and what led to each: what `blame` is computed from. */
import { sql } from 'kysely';
import { chainOf, type TreeStep } from '../domain/tree-chain.ts';
import { READING_TOOLS, type ChangeCause } from '../domain/attribution.ts';
import type { Db } from './transaction.ts';

export interface StepTurn {
  id: number;
  milestone: string;
  task: string;
  turn: number;
}

/** `before`: as Holdpoint found it; `between`: somebody changed it while no turn ran. */
export type BlameStep = { tree: string } & ({ kind: 'before' | 'between' } | { kind: 'turn'; turn: StepTurn });

type Row = StepTurn & { treeBefore: string; treeAfter: string | null; seen: TreeStep[] };

/** Oldest first: the checkpoints of all turns, and what was seen between them while they ran. A fork has files of its own: its turns are not among them. */
export async function blameSteps(db: Db, project: string): Promise<BlameStep[]> {
  const { rows } = await sql<Row>`
    select turn.id, turn.milestone, turn.task, turn.turn, turn.tree_before as "treeBefore", turn.tree_after as "treeAfter",
      (select coalesce(json_agg(json_build_object('from', step.tree_from, 'to', step.tree_to) order by step.of_call desc, step.first), '[]') from (
        select tree_from, tree_to, bool_or(observed_by = 'call') as of_call, min(id) as first from file_change c
        where c.turn_id = turn.id and not final group by tree_from, tree_to) step) as seen
    from turn where turn.project = ${project} and not exists (
      select from milestone fork where fork.project = turn.project and fork.id = turn.milestone and fork.fork_of is not null)
    order by turn.id`.execute(db);
  const steps: BlameStep[] = [];
  for (const { treeBefore, treeAfter, seen, ...turn } of rows) {
    const earlier = steps.at(-1);
    if (earlier?.tree !== treeBefore) steps.push({ tree: treeBefore, kind: earlier ? 'between' : 'before' });
    const way = chainOf(seen, treeBefore, treeAfter ?? '').steps.map(({ to }) => to);
    for (const tree of treeAfter === null ? way : [...way, treeAfter]) if (tree !== steps.at(-1)?.tree) steps.push({ tree, kind: 'turn', turn });
  }
  return steps;
}

/** What caused the change of a path that led to a tree, in a turn. */
export interface CauseAsked {
  turn: number;
  tree: string;
  path: string;
}

export type CauseOf = (asked: CauseAsked) => ChangeCause;

interface CauseRow {
  turn: number;
  tree: string;
  path: string;
  final: boolean;
  /** Null: no call of ours. */
  tool: string | null;
  toolUseId: string | null;
}

/** Of a step between the trees at the ends of calls what that says; of another the call that was seen to be under way; else the one that the turn's end names. */
export async function causesOf(db: Db, turns: number[], paths: string[]): Promise<CauseOf> {
  const { rows } = await sql<CauseRow>`
    select turn_id as turn, tree_to as tree, unnest(array_remove(array[path, from_path], null)) as path, final, tool, tool_use_id as "toolUseId"
    from file_change
    where turn_id = any(${turns}::bigint[]) and (path = any(${paths}::text[]) or from_path = any(${paths}::text[]))
      and (observed_by = 'call' or by_kind = 'tool' and (final or tool <> all(${READING_TOOLS}::text[])))
    order by final desc, id desc`.execute(db);
  return ({ turn, tree, path }) => {
    const known = rows.filter((row) => row.turn === turn && row.path === path);
    const { tool = null, toolUseId = null } = known.find((row) => !row.final && row.tree === tree) ?? known.find((row) => row.tool !== null) ?? {};
    return tool !== null && toolUseId !== null ? { kind: 'tool', tool, toolUseId } : { kind: 'other' };
  };
}
