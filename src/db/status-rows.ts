/** The statements behind the `status` document. Each takes all projects at once and is answered from an index. */
import { sql } from 'kysely';
import type { DecisionKind, RuleName } from '../domain/decision.ts';
import type { ForkPoint } from '../domain/fork-point.ts';
import type { TaskState, WorkState } from '../domain/states.ts';
import type { TurnOutcomeKind } from '../domain/turn-outcome.ts';
import type { StatusTurn } from './status.ts';
import type { Db } from './transaction.ts';

/** Ended projects that a status without a name still lists. */
const RECENT = 20;

/** Events that say why something ended, or why nothing runs although nobody is asked. */
const REASONS = ['failed', 'cancelled', 'waiting_for_workspace', 'waiting_for_seat', 'sleeping'];

export interface ProjectRow {
  id: string;
  workflow_id: string;
  state: WorkState;
  host: string;
  workspace: string;
  watch: string | null;
  reason: string | null;
}

export interface PlanRow {
  project: string;
  milestone: string;
  milestone_title: string;
  fork_of: ForkPoint | null;
  workflow_id: string;
  milestone_state: WorkState;
  milestone_reason: string | null;
  /** What fails again and again at this moment. */
  milestone_failing: string | null;
  task: string;
  title: string;
  state: TaskState;
  priority: number;
  depends_on: string[];
  changed_files: number;
}

export interface TurnRow extends Pick<StatusTurn, 'turn' | 'checks' | 'unproven'> {
  runs: Omit<StatusTurn['runs'][number], 'liveness'>[];
  project: string;
  milestone: string;
  task: string;
  outcome: TurnOutcomeKind | null;
  cost_usd: number | null;
  decision: DecisionKind | null;
  rule: RuleName | null;
  quality: number | null;
  confidence: number | null;
}

export interface QuestionRow {
  id: string;
  project: string;
  milestone: string;
  opened_at: Date;
  /** RFC 3339: it answers itself then. */
  until: string | null;
}

export async function projectRows(db: Db, project: string | undefined): Promise<ProjectRow[]> {
  const ended = sql`state in ('completed', 'failed', 'cancelled')`;
  const chosen = project === undefined
    ? sql`not ${ended} or id in (select id from project where ${ended} order by updated_at desc limit ${RECENT})`
    : sql`id = ${project}`;
  const { rows } = await sql<ProjectRow>`
    select id, workflow_id, state, host, workspace, watch,
      (select e.message from event e where e.project = project.id and e.milestone is null and e.run_id = project.run_id
        and e.kind = any(${REASONS}::text[]) and state in ('failed', 'cancelled') order by e.id desc limit 1) as reason
    from project where ${chosen} order by created_at, id`.execute(db);
  return rows;
}

/** Milestones and tasks of the current plan, in its order, each followed by its forks; also tasks that a change of the plan has skipped. */
export async function planRows(db: Db, projects: string[]): Promise<PlanRow[]> {
  const { rows } = await sql<PlanRow>`
    select m.project, m.id as milestone, m.title as milestone_title, m.fork_of, m.workflow_id, m.state as milestone_state,
      (select string_agg(why.message, '; ' order by why.id) from (
        (select e.id, e.message from event e where e.project = m.project and e.milestone = m.id and e.run_id = m.run_id
          and e.kind = any(${REASONS}::text[]) and m.state in ('failed', 'cancelled', 'waiting') order by e.id desc limit 1)
        union all
        (select e.id, e.message from event e where e.project = m.project and e.milestone = m.id and e.run_id = m.run_id
          and e.kind = 'run_left' and m.state in ('failed', 'cancelled'))) why) as milestone_reason,
      (select case e.kind when 'step_failing' then e.message end from event e where e.project = m.project and e.milestone = m.id
        and e.kind in ('step_failing', 'step_recovered') and m.state in ('pending', 'running', 'waiting') and e.at >= coalesce(m.state_at, e.at)
        order by e.id desc limit 1) as milestone_failing,
      t.id as task, t.title, t.state, t.priority,
      array(select d.depends_on from task_dependency d where d.project = t.project and d.milestone = t.milestone and d.task = t.id
        order by d.depends_on) as depends_on,
      (select count(distinct c.path) from turn join file_change c on c.turn_id = turn.id and (c.final or turn.tree_after is null)
        where turn.project = t.project and turn.milestone = t.milestone and turn.epoch = m.epoch and turn.task = t.id) as changed_files
    from project p
      join milestone m on m.project = p.id and (m.plan_sha256 = p.plan_sha256 or m.fork_of is not null)
      join task t on t.project = m.project and t.milestone = m.id and (t.plan_sha256 = m.plan_sha256 or t.state = 'skipped')
    where p.id = any(${projects}::text[])
    order by m.project, m.position, m.fork_of is not null, m.id, t.plan_sha256 <> m.plan_sha256, t.position`.execute(db);
  return rows;
}

/** Turns of the present run of each milestone, with what was measured and decided last. */
export async function turnRows(db: Db, projects: string[]): Promise<TurnRow[]> {
  const { rows } = await sql<TurnRow>`
    select turn.project, turn.milestone, turn.task, turn.turn, turn.outcome, turn.cost_usd,
      d.decision, d.rule, d.quality, d.confidence, coalesce((select p.wrong from turn_proof p where p.turn_id = turn.id), '[]') as unproven,
      (select coalesce(json_agg(json_build_object('name', e.name, 'exitCode', e.exit_code, 'outcome', e.outcome,
          'tests', e.report->'counts', 'changedFiles', coalesce((e.changed->>'files')::int, 0)) order by e.id), '[]')
        from evidence e where e.turn_id = turn.id) as checks,
      (select coalesce(json_agg(json_build_object('key', r.run_key, 'state', r.state, 'pid', r.pid, 'startedAt', r.started_at,
          'silentSince', r.silent_since) order by r.seq), '[]')
        from run r where r.turn_id = turn.id) as runs
    from milestone m
      join turn on turn.project = m.project and turn.milestone = m.id and turn.epoch = m.epoch
      left join lateral (select * from decision where decision.turn_id = turn.id order by decision.id desc limit 1) d on true
    where m.project = any(${projects}::text[])
    order by turn.project, turn.milestone, turn.task, turn.turn`.execute(db);
  return rows;
}

/** Oldest first. */
export async function openQuestions(db: Db, projects: string[]): Promise<QuestionRow[]> {
  return db.selectFrom('breakpoint').select(['id', 'project', 'milestone', 'opened_at', sql<string | null>`detail->>'until'`.as('until')])
    .where('project', 'in', projects.length > 0 ? projects : [''])
    .where('answered_at', 'is', null).where('closed_at', 'is', null)
    .orderBy('opened_at').orderBy('id').execute();
}

export interface GrantedRow {
  project: string;
  milestone: string;
  rule: string;
}

/** Rules that people allowed for good in the present run of each milestone, in the order of their answers. */
export async function grantedRules(db: Db, projects: string[]): Promise<GrantedRow[]> {
  const { rows } = await sql<GrantedRow>`
    select b.project, b.milestone, always.rule from milestone m
      join breakpoint b on b.project = m.project and b.milestone = m.id and b.action = 'allow-always' and b.refused is null
        and b.opened_at >= (select min(started_at) from turn where turn.project = m.project and turn.milestone = m.id and turn.epoch = m.epoch)
      cross join lateral jsonb_array_elements_text(b.detail->'always') with ordinality as always (rule, position)
    where m.project = any(${projects}::text[]) order by b.answered_at, b.id, always.position`.execute(db);
  return rows;
}
