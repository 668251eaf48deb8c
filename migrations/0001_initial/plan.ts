/** What is to be done, where it stands, and who may write to a workspace. */
const WORK_STATE = `check (state in ('pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled'))`;
const TASK_STATE = `check (state in ('pending', 'ready', 'running', 'blocked', 'retrying', 'completed', 'failed', 'cancelled', 'skipped'))`;

export const PLAN_TABLES = [
  `create table plan (
    project text not null,
    sha256 text not null,
    plan jsonb not null,
    source text not null,
    created_at timestamptz not null default now(),
    primary key (project, sha256)
  )`,
  `create table project (
    id text primary key,
    plan_sha256 text not null,
    host text not null,
    workspace text not null,
    state text not null default 'pending' ${WORK_STATE},
    state_at timestamptz,
    workflow_id text not null,
    run_id text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (id, plan_sha256) references plan (project, sha256)
  )`,
  `comment on column project.state_at is 'when the workflow asked for this state: an older request never overwrites a newer one'`,
  `create table milestone (
    project text not null references project,
    id text not null,
    plan_sha256 text not null,
    title text not null,
    position integer not null,
    depends_on text[] not null,
    epoch bigint,
    state text not null default 'pending' ${WORK_STATE},
    state_at timestamptz,
    workflow_id text not null,
    run_id text,
    primary key (project, id)
  )`,
  `comment on column milestone.plan_sha256 is 'the last plan that names it: rows of an older plan are kept for their turns'`,
  `comment on column milestone.epoch is 'lease under which it runs; null before its first turn'`,
  `create table task (
    project text not null,
    milestone text not null,
    id text not null,
    plan_sha256 text not null,
    title text not null,
    position integer not null,
    priority integer not null,
    deadline timestamptz,
    state text not null default 'pending' ${TASK_STATE},
    state_at timestamptz,
    primary key (project, milestone, id),
    foreign key (project, milestone) references milestone (project, id)
  )`,
  `create table task_dependency (
    project text not null,
    milestone text not null,
    task text not null,
    depends_on text not null,
    primary key (project, milestone, task, depends_on),
    foreign key (project, milestone, task) references task (project, milestone, id)
  )`,
  `create table workspace_lease (
    host text not null,
    workspace text not null,
    epoch bigint not null,
    holder text,
    project text not null,
    milestone text not null,
    since timestamptz not null default now(),
    primary key (host, workspace)
  )`,
  `comment on table workspace_lease is 'one row per workspace, never deleted: the epoch only grows. Free when holder is null'`,
];
