-- The schema after all migrations. Regenerate with `npm run db:dump`; a test compares.

create table agent_event (
  run_id bigint not null,
  byte_offset bigint not null,
  raw bytea not null,
  kind text not null,
  text text not null,
  json jsonb,
  tool text,
  tool_use_id text,
  at timestamp with time zone not null
);

create table breakpoint (
  id text not null,
  opened_at timestamp with time zone not null,
  workflow_id text not null,
  run_id text not null,
  project text not null,
  milestone text not null,
  task text,
  turn integer,
  kind text not null,
  occurrence integer not null,
  priority text not null,
  reason text not null,
  actions text[] not null,
  note_required text[] not null,
  tree text,
  detail jsonb not null default '{}'::jsonb,
  answered_at timestamp with time zone,
  action text,
  note text,
  answered_by text,
  via text,
  closed_at timestamp with time zone
);

create table checkpoint (
  id bigint generated always as identity not null,
  project text not null,
  milestone text not null,
  epoch bigint not null,
  turn_id bigint,
  kind text not null,
  tree text not null,
  sidecar text not null,
  files integer not null,
  bytes bigint not null,
  not_covered jsonb not null,
  at timestamp with time zone not null default now()
);

create table decision (
  id bigint generated always as identity not null,
  turn_id bigint not null,
  inputs_sha256 text not null,
  decision text not null,
  rule text not null,
  breakpoint text,
  until timestamp with time zone,
  feedback text,
  reason text not null,
  facts jsonb not null,
  scores jsonb not null,
  quality double precision,
  confidence double precision,
  would_change jsonb not null,
  at timestamp with time zone not null default now()
);

create table event (
  id bigint generated always as identity not null,
  key text not null,
  project text not null,
  milestone text,
  workflow_id text,
  run_id text,
  kind text not null,
  message text not null,
  at timestamp with time zone not null
);

create table evidence (
  id bigint generated always as identity not null,
  project text not null,
  milestone text not null,
  epoch bigint not null,
  turn_id bigint,
  name text not null,
  exit_code integer,
  duration_ms bigint not null,
  timed_out boolean not null,
  tail text not null,
  tree text not null,
  tree_after text not null,
  required boolean,
  expect text,
  outcome text,
  met boolean,
  baseline_exit_code integer,
  at timestamp with time zone not null default now()
);

create table file_change (
  id bigint generated always as identity not null,
  turn_id bigint not null,
  final boolean not null,
  tree_from text not null,
  tree_to text not null,
  path text not null,
  op text not null,
  from_path text,
  mode text not null,
  sha_before text,
  sha_after text,
  size_before bigint not null,
  size_after bigint not null,
  added integer,
  removed integer,
  observed_by text not null,
  by_kind text,
  tool text,
  tool_use_id text,
  at timestamp with time zone not null default now()
);

create table host_seat (
  project text not null,
  milestone text not null,
  host text not null,
  state text not null,
  asked_at timestamp with time zone not null default now(),
  seen_at timestamp with time zone not null default now(),
  taken_at timestamp with time zone
);

create table milestone (
  project text not null,
  id text not null,
  plan_sha256 text not null,
  title text not null,
  position integer not null,
  depends_on text[] not null,
  epoch bigint,
  state text not null default 'pending'::text,
  state_at timestamp with time zone,
  workflow_id text not null,
  run_id text
);

create table plan (
  project text not null,
  sha256 text not null,
  plan jsonb not null,
  source text not null,
  created_at timestamp with time zone not null default now()
);

create table project (
  id text not null,
  plan_sha256 text not null,
  host text not null,
  workspace text not null,
  state text not null default 'pending'::text,
  state_at timestamp with time zone,
  workflow_id text not null,
  run_id text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);

create table review (
  turn_id bigint not null,
  kind text not null,
  model text not null,
  tries integer not null,
  prompt_hash text,
  duration_ms bigint,
  quality double precision,
  confidence double precision,
  review jsonb,
  reason text,
  message text,
  at timestamp with time zone not null default now()
);

create table run (
  id bigint generated always as identity not null,
  run_key text not null,
  turn_id bigint not null,
  install text not null,
  seq integer not null,
  host text not null,
  spec jsonb not null,
  state text not null default 'new'::text,
  pid integer,
  start_ticks bigint,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  exit_code integer,
  exit_signal text,
  exit_reason text,
  exit_message text,
  cost_usd numeric,
  input_tokens bigint,
  output_tokens bigint,
  tool_calls integer,
  out_offset bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  silent_since timestamp with time zone
);

create table task (
  project text not null,
  milestone text not null,
  id text not null,
  plan_sha256 text not null,
  title text not null,
  position integer not null,
  priority integer not null,
  deadline timestamp with time zone,
  state text not null default 'pending'::text,
  state_at timestamp with time zone
);

create table task_dependency (
  project text not null,
  milestone text not null,
  task text not null,
  depends_on text not null
);

create table turn (
  id bigint generated always as identity not null,
  project text not null,
  milestone text not null,
  epoch bigint not null,
  task text not null,
  turn integer not null,
  prompt text not null,
  note text,
  session_id text not null,
  resume boolean not null,
  tree_before text not null,
  tree_after text,
  outcome text,
  outcome_detail jsonb,
  message text,
  cost_usd numeric,
  input_tokens bigint,
  output_tokens bigint,
  tool_calls integer,
  changed_files integer,
  started_at timestamp with time zone not null default now(),
  ended_at timestamp with time zone
);

create table usage_window (
  host text not null,
  account text not null,
  name text not null,
  utilization double precision,
  status text,
  resets_at timestamp with time zone,
  seen_at timestamp with time zone not null
);

create table workspace_lease (
  host text not null,
  workspace text not null,
  epoch bigint not null,
  holder text,
  project text not null,
  milestone text not null,
  since timestamp with time zone not null default now(),
  attempt_at timestamp with time zone
);

alter table agent_event add constraint agent_event_pkey PRIMARY KEY (run_id, byte_offset);
alter table breakpoint add constraint breakpoint_pkey PRIMARY KEY (id, opened_at);
alter table checkpoint add constraint checkpoint_pkey PRIMARY KEY (id);
alter table decision add constraint decision_pkey PRIMARY KEY (id);
alter table event add constraint event_pkey PRIMARY KEY (id);
alter table evidence add constraint evidence_pkey PRIMARY KEY (id);
alter table file_change add constraint file_change_pkey PRIMARY KEY (id);
alter table host_seat add constraint host_seat_pkey PRIMARY KEY (project, milestone);
alter table milestone add constraint milestone_pkey PRIMARY KEY (project, id);
alter table plan add constraint plan_pkey PRIMARY KEY (project, sha256);
alter table project add constraint project_pkey PRIMARY KEY (id);
alter table review add constraint review_pkey PRIMARY KEY (turn_id);
alter table run add constraint run_pkey PRIMARY KEY (id);
alter table task add constraint task_pkey PRIMARY KEY (project, milestone, id);
alter table task_dependency add constraint task_dependency_pkey PRIMARY KEY (project, milestone, task, depends_on);
alter table turn add constraint turn_pkey PRIMARY KEY (id);
alter table usage_window add constraint usage_window_pkey PRIMARY KEY (host, account, name);
alter table workspace_lease add constraint workspace_lease_pkey PRIMARY KEY (host, workspace);
alter table checkpoint add constraint checkpoint_turn_id_kind_key UNIQUE (turn_id, kind);
alter table decision add constraint decision_turn_id_inputs_sha256_key UNIQUE (turn_id, inputs_sha256);
alter table event add constraint event_key_key UNIQUE (key);
alter table evidence add constraint evidence_turn_id_name_key UNIQUE (turn_id, name);
alter table run add constraint run_run_key_key UNIQUE (run_key);
alter table run add constraint run_turn_id_seq_key UNIQUE (turn_id, seq);
alter table turn add constraint turn_project_milestone_epoch_task_turn_key UNIQUE (project, milestone, epoch, task, turn);
alter table agent_event add constraint agent_event_kind_check CHECK ((kind = ANY (ARRAY['init'::text, 'text'::text, 'thinking'::text, 'toolUse'::text, 'toolResult'::text, 'retry'::text, 'rateLimit'::text, 'progress'::text, 'denied'::text, 'result'::text, 'other'::text, 'unreadable'::text])));
alter table breakpoint add constraint breakpoint_check CHECK (((answered_at IS NULL) = (action IS NULL)));
alter table breakpoint add constraint breakpoint_kind_check CHECK ((kind = ANY (ARRAY['architecture_decision'::text, 'breaking_test_failure'::text, 'conflicting_solutions'::text, 'milestone_completion'::text, 'rate_limit_hit'::text, 'time_threshold_exceeded'::text, 'confidence_too_low'::text, 'consecutive_failures'::text, 'destructive_operation'::text, 'permission_request'::text, 'agent_question'::text, 'budget_exceeded'::text, 'plan_approval'::text, 'reviewer_unavailable'::text, 'stalled'::text, 'host_unreachable'::text, 'unexpected_change'::text, 'merge_conflict'::text, 'evidence_weakened'::text, 'sign_in_required'::text])));
alter table breakpoint add constraint breakpoint_occurrence_check CHECK ((occurrence >= 1));
alter table breakpoint add constraint breakpoint_priority_check CHECK ((priority = ANY (ARRAY['high'::text, 'medium'::text, 'low'::text])));
alter table breakpoint add constraint breakpoint_via_check CHECK ((via = ANY (ARRAY['signal'::text, 'update'::text, 'timer'::text, 'itself'::text])));
alter table checkpoint add constraint checkpoint_check CHECK (((turn_id IS NULL) = (kind = 'baseline'::text)));
alter table checkpoint add constraint checkpoint_kind_check CHECK ((kind = ANY (ARRAY['baseline'::text, 'before'::text, 'after'::text])));
alter table decision add constraint decision_decision_check CHECK ((decision = ANY (ARRAY['proceed'::text, 'retry'::text, 'clarify'::text, 'wait'::text, 'rerun'::text, 'breakpoint'::text])));
alter table evidence add constraint evidence_check CHECK (((turn_id IS NULL) = (outcome IS NULL)));
alter table evidence add constraint evidence_expect_check CHECK ((expect = ANY (ARRAY['pass'::text, 'noNewFailures'::text])));
alter table evidence add constraint evidence_outcome_check CHECK ((outcome = ANY (ARRAY['pass'::text, 'newlyFailing'::text, 'stillFailing'::text, 'fixed'::text, 'flaky'::text, 'timeout'::text])));
alter table file_change add constraint file_change_by_kind_check CHECK ((by_kind = ANY (ARRAY['tool'::text, 'other'::text])));
alter table file_change add constraint file_change_observed_by_check CHECK ((observed_by = ANY (ARRAY['checkpoint'::text, 'watcher'::text, 'scan'::text])));
alter table file_change add constraint file_change_op_check CHECK ((op = ANY (ARRAY['add'::text, 'modify'::text, 'delete'::text, 'rename'::text, 'mode'::text, 'type'::text])));
alter table host_seat add constraint host_seat_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'taken'::text, 'left'::text])));
alter table milestone add constraint milestone_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'waiting'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])));
alter table project add constraint project_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'waiting'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])));
alter table review add constraint review_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision)));
alter table review add constraint review_kind_check CHECK ((kind = ANY (ARRAY['reviewed'::text, 'unavailable'::text])));
alter table review add constraint review_quality_check CHECK (((quality >= (0)::double precision) AND (quality <= (1)::double precision)));
alter table run add constraint run_exit_reason_check CHECK ((exit_reason = ANY (ARRAY['exited'::text, 'wall_limit'::text, 'output_limit'::text, 'cancelled'::text, 'spawn_failed'::text])));
alter table run add constraint run_seq_check CHECK ((seq >= 1));
alter table run add constraint run_state_check CHECK ((state = ANY (ARRAY['new'::text, 'running'::text, 'exited'::text, 'lost'::text])));
alter table task add constraint task_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'blocked'::text, 'retrying'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'skipped'::text])));
alter table turn add constraint turn_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'limited'::text, 'deferred'::text, 'interrupted'::text, 'lost'::text, 'refused'::text, 'maxTurns'::text, 'overBudget'::text, 'failed'::text])));
alter table turn add constraint turn_turn_check CHECK ((turn >= 1));
alter table usage_window add constraint usage_window_utilization_check CHECK ((utilization >= (0)::double precision));
alter table breakpoint add constraint breakpoint_project_fkey FOREIGN KEY (project) REFERENCES project(id);
alter table checkpoint add constraint checkpoint_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table decision add constraint decision_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table evidence add constraint evidence_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table file_change add constraint file_change_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table milestone add constraint milestone_project_fkey FOREIGN KEY (project) REFERENCES project(id);
alter table project add constraint project_id_plan_sha256_fkey FOREIGN KEY (id, plan_sha256) REFERENCES plan(project, sha256);
alter table review add constraint review_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table run add constraint run_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table task add constraint task_project_milestone_fkey FOREIGN KEY (project, milestone) REFERENCES milestone(project, id);
alter table task_dependency add constraint task_dependency_project_milestone_task_fkey FOREIGN KEY (project, milestone, task) REFERENCES task(project, milestone, id);
alter table turn add constraint turn_project_milestone_task_fkey FOREIGN KEY (project, milestone, task) REFERENCES task(project, milestone, id);

CREATE INDEX breakpoint_open ON public.breakpoint USING btree (project, milestone) WHERE ((answered_at IS NULL) AND (closed_at IS NULL));
CREATE UNIQUE INDEX checkpoint_baseline ON public.checkpoint USING btree (project, milestone, epoch, kind) WHERE (turn_id IS NULL);
CREATE INDEX event_of_project ON public.event USING btree (project, id);
CREATE UNIQUE INDEX evidence_baseline ON public.evidence USING btree (project, milestone, epoch, name) WHERE (turn_id IS NULL);
CREATE UNIQUE INDEX file_change_key ON public.file_change USING btree (turn_id, final, tree_from, tree_to, md5(path));
CREATE INDEX host_seat_host ON public.host_seat USING btree (host, state);
CREATE INDEX workspace_lease_milestone ON public.workspace_lease USING btree (project, milestone);

comment on table agent_event is 'lines of the agent''s stream. No foreign key: the only insert takes run_id from the run row it locks';
comment on table breakpoint is 'open: neither answered nor closed. The instant is part of the key because a new run of a project counts from 1 again';
comment on column breakpoint.closed_at is 'the milestone ended, or asked the same again, without an answer';
comment on table evidence is 'executions of checks; turn_id null: the baseline, measured before the milestone''s first turn';
comment on column file_change.final is 'true: between the checkpoints before and after the turn; false: seen while it ran';
comment on table host_seat is 'one row per milestone that ever asked for a seat: agents at work on a host at the same time. seen_at: it asked last; taken_at: kept after it left';
comment on column milestone.plan_sha256 is 'the last plan that names it: rows of an older plan are kept for their turns';
comment on column milestone.epoch is 'lease under which it runs; null before its first turn';
comment on column project.state_at is 'when the workflow asked for this state: an older request never overwrites a newer one';
comment on column run.out_offset is 'bytes of the stream that are stored as lines; moves only together with them';
comment on column run.silent_since is 'the run lives, and longer than the policy allows nothing came from it';
comment on table usage_window is 'the last word of the agent on each usage window of an account: its share that is spent, until it resets';
comment on column usage_window.account is 'agent and the name of its credential, never the credential';
comment on table workspace_lease is 'one row per workspace, never deleted: the epoch only grows. Free when holder is null';
comment on column workspace_lease.attempt_at is 'when the attempt that wrote last was scheduled: an older one was given up by Temporal, and its rows are refused';
