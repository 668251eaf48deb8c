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
  closed_at timestamp with time zone,
  automatic_at timestamp with time zone,
  automatic_action text,
  reminders integer not null default 0,
  reminded_at timestamp with time zone,
  escalated_at timestamp with time zone,
  refused text
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
  at timestamp with time zone not null default now(),
  restore_id text
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
  at timestamp with time zone not null default now(),
  report jsonb,
  changed jsonb,
  baseline_counts jsonb,
  tests jsonb
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
  taken_at timestamp with time zone,
  task text not null default ''::text
);

create table installation (
  one boolean not null default true,
  id text not null,
  made_at timestamp with time zone not null default now()
);

create table lease_attempt (
  project text not null,
  milestone text not null,
  epoch bigint not null,
  lane text not null,
  attempt_at timestamp with time zone not null
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
  run_id text,
  fork_of jsonb
);

create table notification (
  id text not null,
  channel text not null,
  project text not null,
  milestone text not null,
  breakpoint text not null,
  opened_at timestamp with time zone not null,
  why text not null,
  due_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  state text not null default 'waiting'::text,
  state_at timestamp with time zone,
  attempts integer not null default 0,
  error text
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
  updated_at timestamp with time zone not null default now(),
  watch text
);

create table raised_limit (
  key text not null,
  project text not null,
  milestone text,
  task text,
  what text not null,
  level text,
  amount numeric not null,
  raised_by text,
  run_id text not null,
  at timestamp with time zone not null
);

create table restore (
  id text not null,
  project text not null,
  milestone text not null,
  epoch bigint not null,
  checkpoint_id bigint not null,
  paths jsonb,
  by_whom text,
  effects jsonb not null,
  at timestamp with time zone not null default now(),
  done_at timestamp with time zone,
  exact boolean,
  changed_files integer,
  not_restored jsonb,
  tree_after text
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
  at timestamp with time zone not null default now(),
  reviewer text not null,
  templates text,
  window_tokens integer,
  prompt_tokens integer,
  model_tokens integer,
  not_shown jsonb
);

create table review_prompt (
  turn_id bigint not null,
  prompt_hash text not null,
  system text not null,
  prompt text not null,
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
  silent_since timestamp with time zone,
  workspace text
);

create table steering (
  id text not null,
  project text not null,
  milestone text not null,
  epoch bigint not null,
  task text,
  text text not null,
  said_by text,
  said_at timestamp with time zone not null,
  run_key text,
  turn_id bigint,
  read_at timestamp with time zone
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

create table task_cost (
  project text not null,
  milestone text not null,
  task text not null,
  usd numeric not null
);

create table task_dependency (
  project text not null,
  milestone text not null,
  task text not null,
  depends_on text not null
);

create table transcript_part (
  id bigint generated always as identity not null,
  turn_id bigint not null,
  session_id text not null,
  generation integer not null,
  from_byte bigint not null,
  to_byte bigint not null,
  file_sha256 text not null,
  hidden boolean not null,
  copy_bytes bigint not null,
  copy_sha256 text not null,
  copy bytea not null,
  at timestamp with time zone not null default now()
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
  ended_at timestamp with time zone,
  templates text,
  plan_sha256 text
);

create table turn_proof (
  turn_id bigint not null,
  tree text not null,
  steps text not null,
  part integer not null,
  parts integer not null,
  files integer not null,
  bytes bigint not null,
  wrong jsonb not null,
  at timestamp with time zone not null default now()
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

create table weakening (
  turn_id bigint not null,
  position integer not null,
  kind text not null,
  path text not null,
  count_before integer,
  count_after integer,
  text text not null,
  accepted text
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

create table worktree (
  id bigint generated always as identity not null,
  project text not null,
  milestone text not null,
  task text,
  epoch bigint not null,
  holder text not null,
  host text not null,
  root text not null,
  path text not null,
  branch text not null,
  base_commit text not null,
  base_tree text not null,
  base_sidecar text not null,
  state text not null default 'open'::text,
  ours_tree text,
  ours_sidecar text,
  merged_tree text,
  merged_sidecar text,
  merges integer not null default 0,
  conflicts jsonb not null default '[]'::jsonb,
  evidence jsonb,
  saved_tree text,
  saved_sidecar text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);

alter table agent_event add constraint agent_event_pkey PRIMARY KEY (run_id, byte_offset);
alter table breakpoint add constraint breakpoint_pkey PRIMARY KEY (id, opened_at);
alter table checkpoint add constraint checkpoint_pkey PRIMARY KEY (id);
alter table decision add constraint decision_pkey PRIMARY KEY (id);
alter table event add constraint event_pkey PRIMARY KEY (id);
alter table evidence add constraint evidence_pkey PRIMARY KEY (id);
alter table file_change add constraint file_change_pkey PRIMARY KEY (id);
alter table host_seat add constraint host_seat_pkey PRIMARY KEY (project, milestone, task);
alter table installation add constraint installation_pkey PRIMARY KEY (one);
alter table lease_attempt add constraint lease_attempt_pkey PRIMARY KEY (project, milestone, epoch, lane);
alter table milestone add constraint milestone_pkey PRIMARY KEY (project, id);
alter table notification add constraint notification_pkey PRIMARY KEY (id);
alter table plan add constraint plan_pkey PRIMARY KEY (project, sha256);
alter table project add constraint project_pkey PRIMARY KEY (id);
alter table raised_limit add constraint raised_limit_pkey PRIMARY KEY (key);
alter table restore add constraint restore_pkey PRIMARY KEY (id);
alter table review add constraint review_pkey PRIMARY KEY (turn_id, reviewer, model);
alter table review_prompt add constraint review_prompt_pkey PRIMARY KEY (turn_id, prompt_hash);
alter table run add constraint run_pkey PRIMARY KEY (id);
alter table steering add constraint steering_pkey PRIMARY KEY (id);
alter table task add constraint task_pkey PRIMARY KEY (project, milestone, id);
alter table task_cost add constraint task_cost_pkey PRIMARY KEY (project, milestone, task);
alter table task_dependency add constraint task_dependency_pkey PRIMARY KEY (project, milestone, task, depends_on);
alter table transcript_part add constraint transcript_part_pkey PRIMARY KEY (id);
alter table turn add constraint turn_pkey PRIMARY KEY (id);
alter table turn_proof add constraint turn_proof_pkey PRIMARY KEY (turn_id);
alter table usage_window add constraint usage_window_pkey PRIMARY KEY (host, account, name);
alter table weakening add constraint weakening_pkey PRIMARY KEY (turn_id, "position");
alter table workspace_lease add constraint workspace_lease_pkey PRIMARY KEY (host, workspace);
alter table worktree add constraint worktree_pkey PRIMARY KEY (id);
alter table checkpoint add constraint checkpoint_restore_id_key UNIQUE (restore_id);
alter table checkpoint add constraint checkpoint_turn_id_kind_key UNIQUE (turn_id, kind);
alter table decision add constraint decision_turn_id_inputs_sha256_key UNIQUE (turn_id, inputs_sha256);
alter table event add constraint event_key_key UNIQUE (key);
alter table evidence add constraint evidence_turn_id_name_key UNIQUE (turn_id, name);
alter table run add constraint run_run_key_key UNIQUE (run_key);
alter table run add constraint run_turn_id_seq_key UNIQUE (turn_id, seq);
alter table transcript_part add constraint transcript_part_session_id_generation_from_byte_key UNIQUE (session_id, generation, from_byte);
alter table turn add constraint turn_project_milestone_epoch_task_turn_key UNIQUE (project, milestone, epoch, task, turn);
alter table agent_event add constraint agent_event_kind_check CHECK ((kind = ANY (ARRAY['init'::text, 'text'::text, 'thinking'::text, 'toolUse'::text, 'toolResult'::text, 'retry'::text, 'rateLimit'::text, 'progress'::text, 'denied'::text, 'result'::text, 'other'::text, 'unreadable'::text])));
alter table breakpoint add constraint breakpoint_check CHECK (((answered_at IS NULL) = (action IS NULL)));
alter table breakpoint add constraint breakpoint_kind_check CHECK ((kind = ANY (ARRAY['architecture_decision'::text, 'breaking_test_failure'::text, 'conflicting_solutions'::text, 'milestone_completion'::text, 'rate_limit_hit'::text, 'time_threshold_exceeded'::text, 'confidence_too_low'::text, 'consecutive_failures'::text, 'destructive_operation'::text, 'permission_request'::text, 'agent_question'::text, 'budget_exceeded'::text, 'plan_approval'::text, 'reviewer_unavailable'::text, 'stalled'::text, 'host_unreachable'::text, 'unexpected_change'::text, 'merge_conflict'::text, 'evidence_weakened'::text, 'sign_in_required'::text])));
alter table breakpoint add constraint breakpoint_occurrence_check CHECK ((occurrence >= 1));
alter table breakpoint add constraint breakpoint_priority_check CHECK ((priority = ANY (ARRAY['high'::text, 'medium'::text, 'low'::text])));
alter table breakpoint add constraint breakpoint_reminders_check CHECK ((reminders >= 0));
alter table breakpoint add constraint breakpoint_via_check CHECK ((via = ANY (ARRAY['signal'::text, 'update'::text, 'cli'::text, 'timer'::text, 'itself'::text])));
alter table checkpoint add constraint checkpoint_check CHECK ((((turn_id IS NULL) = (kind = ANY (ARRAY['baseline'::text, 'restore'::text, 'merge'::text, 'asked'::text]))) AND ((restore_id IS NULL) = (kind <> 'restore'::text))));
alter table checkpoint add constraint checkpoint_kind_check CHECK ((kind = ANY (ARRAY['baseline'::text, 'before'::text, 'after'::text, 'restore'::text, 'merge'::text, 'asked'::text])));
alter table decision add constraint decision_decision_check CHECK ((decision = ANY (ARRAY['proceed'::text, 'retry'::text, 'clarify'::text, 'wait'::text, 'rerun'::text, 'stop'::text, 'breakpoint'::text])));
alter table evidence add constraint evidence_check CHECK (((turn_id IS NULL) = (outcome IS NULL)));
alter table evidence add constraint evidence_expect_check CHECK ((expect = ANY (ARRAY['pass'::text, 'noNewFailures'::text])));
alter table evidence add constraint evidence_outcome_check CHECK ((outcome = ANY (ARRAY['pass'::text, 'newlyFailing'::text, 'stillFailing'::text, 'fixed'::text, 'flaky'::text, 'timeout'::text, 'noReport'::text, 'skipped'::text])));
alter table file_change add constraint file_change_by_kind_check CHECK ((by_kind = ANY (ARRAY['tool'::text, 'other'::text])));
alter table file_change add constraint file_change_observed_by_check CHECK ((observed_by = ANY (ARRAY['checkpoint'::text, 'watcher'::text, 'scan'::text, 'call'::text, 'between'::text])));
alter table file_change add constraint file_change_op_check CHECK ((op = ANY (ARRAY['add'::text, 'modify'::text, 'delete'::text, 'rename'::text, 'mode'::text, 'type'::text])));
alter table host_seat add constraint host_seat_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'taken'::text, 'left'::text])));
alter table installation add constraint installation_id_check CHECK ((id ~ '^[0-9a-f]{12}$'::text));
alter table installation add constraint installation_one_check CHECK (one);
alter table milestone add constraint milestone_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'waiting'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])));
alter table notification add constraint notification_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'dropped'::text, 'failed'::text])));
alter table notification add constraint notification_why_check CHECK ((why = ANY (ARRAY['opened'::text, 'reminder'::text, 'escalated'::text])));
alter table project add constraint project_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'waiting'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])));
alter table raised_limit add constraint raised_limit_amount_check CHECK ((amount > (0)::numeric));
alter table raised_limit add constraint raised_limit_check CHECK (((what = 'usd'::text) = (level IS NOT NULL)));
alter table raised_limit add constraint raised_limit_level_check CHECK ((level = ANY (ARRAY['turn'::text, 'task'::text, 'milestone'::text, 'project'::text])));
alter table raised_limit add constraint raised_limit_what_check CHECK ((what = ANY (ARRAY['turns'::text, 'usd'::text, 'minutes'::text])));
alter table restore add constraint restore_check CHECK (((done_at IS NULL) = (exact IS NULL)));
alter table review add constraint review_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision)));
alter table review add constraint review_kind_check CHECK ((kind = ANY (ARRAY['reviewed'::text, 'unavailable'::text])));
alter table review add constraint review_quality_check CHECK (((quality >= (0)::double precision) AND (quality <= (1)::double precision)));
alter table run add constraint run_exit_reason_check CHECK ((exit_reason = ANY (ARRAY['exited'::text, 'wall_limit'::text, 'output_limit'::text, 'cancelled'::text, 'spawn_failed'::text])));
alter table run add constraint run_seq_check CHECK ((seq >= 1));
alter table run add constraint run_state_check CHECK ((state = ANY (ARRAY['new'::text, 'running'::text, 'exited'::text, 'lost'::text])));
alter table task add constraint task_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'blocked'::text, 'retrying'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'skipped'::text])));
alter table transcript_part add constraint transcript_part_check CHECK ((to_byte > from_byte));
alter table turn add constraint turn_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'limited'::text, 'deferred'::text, 'interrupted'::text, 'lost'::text, 'refused'::text, 'maxTurns'::text, 'overBudget'::text, 'failed'::text])));
alter table turn add constraint turn_turn_check CHECK ((turn >= 1));
alter table turn_proof add constraint turn_proof_steps_check CHECK ((steps = ANY (ARRAY['whole'::text, 'gap'::text, 'none'::text])));
alter table usage_window add constraint usage_window_utilization_check CHECK ((utilization >= (0)::double precision));
alter table weakening add constraint weakening_accepted_check CHECK ((accepted = ANY (ARRAY['policy'::text, 'task'::text])));
alter table weakening add constraint weakening_kind_check CHECK ((kind = ANY (ARRAY['lockedPath'::text, 'testsRemoved'::text, 'fewerAssertions'::text, 'testsSkipped'::text, 'testsFocused'::text, 'testConfig'::text, 'checkScript'::text, 'snapshotsRemoved'::text, 'fewerTestsRan'::text])));
alter table worktree add constraint worktree_state_check CHECK ((state = ANY (ARRAY['open'::text, 'conflicting'::text, 'merging'::text, 'merged'::text, 'halfway'::text, 'kept'::text, 'removed'::text])));
alter table breakpoint add constraint breakpoint_project_fkey FOREIGN KEY (project) REFERENCES project(id);
alter table checkpoint add constraint checkpoint_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table decision add constraint decision_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table evidence add constraint evidence_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table file_change add constraint file_change_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table milestone add constraint milestone_project_fkey FOREIGN KEY (project) REFERENCES project(id);
alter table notification add constraint notification_breakpoint_opened_at_fkey FOREIGN KEY (breakpoint, opened_at) REFERENCES breakpoint(id, opened_at);
alter table project add constraint project_id_plan_sha256_fkey FOREIGN KEY (id, plan_sha256) REFERENCES plan(project, sha256);
alter table raised_limit add constraint raised_limit_project_fkey FOREIGN KEY (project) REFERENCES project(id);
alter table restore add constraint restore_checkpoint_id_fkey FOREIGN KEY (checkpoint_id) REFERENCES checkpoint(id);
alter table restore add constraint restore_project_milestone_fkey FOREIGN KEY (project, milestone) REFERENCES milestone(project, id);
alter table review add constraint review_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table review_prompt add constraint review_prompt_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table run add constraint run_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table steering add constraint steering_run_key_fkey FOREIGN KEY (run_key) REFERENCES run(run_key);
alter table steering add constraint steering_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table task add constraint task_project_milestone_fkey FOREIGN KEY (project, milestone) REFERENCES milestone(project, id);
alter table task_cost add constraint task_cost_project_fkey FOREIGN KEY (project) REFERENCES project(id);
alter table task_dependency add constraint task_dependency_project_milestone_task_fkey FOREIGN KEY (project, milestone, task) REFERENCES task(project, milestone, id);
alter table transcript_part add constraint transcript_part_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table turn add constraint turn_project_milestone_task_fkey FOREIGN KEY (project, milestone, task) REFERENCES task(project, milestone, id);
alter table turn_proof add constraint turn_proof_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);
alter table weakening add constraint weakening_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turn(id);

CREATE INDEX breakpoint_allowed_always ON public.breakpoint USING btree (project, milestone) WHERE (action = 'allow-always'::text);
CREATE INDEX breakpoint_of ON public.breakpoint USING btree (project, milestone);
CREATE INDEX breakpoint_open ON public.breakpoint USING btree (project, milestone) WHERE ((answered_at IS NULL) AND (closed_at IS NULL));
CREATE UNIQUE INDEX checkpoint_baseline ON public.checkpoint USING btree (project, milestone, epoch, kind) WHERE (kind = 'baseline'::text);
CREATE UNIQUE INDEX checkpoint_of_tree ON public.checkpoint USING btree (project, milestone, epoch, kind, tree) WHERE (kind = ANY (ARRAY['merge'::text, 'asked'::text]));
CREATE INDEX event_of_project ON public.event USING btree (project, id);
CREATE INDEX event_that_tells ON public.event USING btree (project, milestone, id) WHERE (kind = ANY (ARRAY['failed'::text, 'cancelled'::text, 'waiting_for_workspace'::text, 'waiting_for_seat'::text, 'sleeping'::text, 'step_failing'::text, 'step_recovered'::text]));
CREATE UNIQUE INDEX evidence_baseline ON public.evidence USING btree (project, milestone, epoch, name) WHERE (turn_id IS NULL);
CREATE INDEX evidence_of ON public.evidence USING btree (project, milestone, epoch, name, id DESC);
CREATE UNIQUE INDEX file_change_key ON public.file_change USING btree (turn_id, final, tree_from, tree_to, md5(path));
CREATE INDEX host_seat_host ON public.host_seat USING btree (host, state);
CREATE INDEX notification_waiting ON public.notification USING btree (channel, due_at) WHERE (state = 'waiting'::text);
CREATE INDEX raised_limit_of ON public.raised_limit USING btree (project, milestone);
CREATE INDEX restore_of ON public.restore USING btree (project, milestone, at);
CREATE INDEX run_unfinished ON public.run USING btree (turn_id) WHERE (state = ANY (ARRAY['new'::text, 'running'::text]));
CREATE INDEX steering_unread ON public.steering USING btree (project, milestone, epoch) WHERE (read_at IS NULL);
CREATE INDEX transcript_part_turn ON public.transcript_part USING btree (turn_id);
CREATE INDEX workspace_lease_milestone ON public.workspace_lease USING btree (project, milestone);
CREATE UNIQUE INDEX worktree_of ON public.worktree USING btree (project, milestone, COALESCE(task, ''::text), epoch);
CREATE INDEX worktree_there ON public.worktree USING btree (host, root) WHERE (state <> ALL (ARRAY['kept'::text, 'removed'::text]));

CREATE OR REPLACE FUNCTION public.book_run_cost()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into task_cost as known (project, milestone, task, usd)
  select turn.project, turn.milestone, turn.task, coalesce(new.cost_usd, 0) - case tg_op when 'UPDATE' then coalesce(old.cost_usd, 0) else 0 end
  from turn where turn.id = new.turn_id
  on conflict (project, milestone, task) do update set usd = known.usd + excluded.usd;
  return null;
end
$function$;

CREATE TRIGGER run_cost_booked AFTER UPDATE OF cost_usd ON public.run FOR EACH ROW WHEN ((new.cost_usd IS DISTINCT FROM old.cost_usd)) EXECUTE FUNCTION book_run_cost();
CREATE TRIGGER run_cost_known AFTER INSERT ON public.run FOR EACH ROW WHEN ((new.cost_usd IS NOT NULL)) EXECUTE FUNCTION book_run_cost();

comment on table agent_event is 'lines of the agent''s stream. No foreign key: the only insert takes run_id from the run row it locks';
comment on table breakpoint is 'open: neither answered nor closed. The instant is part of the key because a new run of a project counts from 1 again';
comment on column breakpoint.closed_at is 'the milestone ended, or asked the same again, without an answer';
comment on column breakpoint.automatic_at is 'the question answers itself then, with automatic_action, by the policy of the plan';
comment on column breakpoint.refused is 'why the answer was not carried out: the files had changed since the question opened';
comment on column checkpoint.restore_id is 'kind restore: taken before that restore';
comment on table evidence is 'executions of checks; turn_id null: the baseline, measured before the milestone''s first turn';
comment on column evidence.report is 'counts and failing tests as the check''s report names them, or why it could not be read';
comment on column evidence.changed is 'files the check changed while it ran';
comment on column file_change.final is 'true: between the checkpoints before and after the turn; false: seen while it ran';
comment on table host_seat is 'one row per milestone that ever asked for a seat: agents at work on a host at the same time. seen_at: it asked last; taken_at: kept after it left';
comment on column host_seat.task is 'empty: the milestone; a task that works in a worktree of its own has a seat of its own';
comment on table lease_attempt is 'as workspace_lease.attempt_at, for tasks that work beside the rest of their milestone under the same lease';
comment on column milestone.plan_sha256 is 'the last plan that names it: rows of an older plan are kept for their turns';
comment on column milestone.epoch is 'lease under which it runs; null before its first turn';
comment on column milestone.fork_of is 'milestone, epoch, task and turn that it goes on from; null: of the project''s plan';
comment on table notification is 'what is told to whom about a question; sent by the workflow of its channel';
comment on column notification.state is 'dropped: the question was answered first; failed: given up, error says why';
comment on column project.state_at is 'when the workflow asked for this state: an older request never overwrites a newer one';
comment on table raised_limit is 'what people granted beyond the plan; turns and minutes hold for one run of the milestone, money for all';
comment on table restore is 'by the id of the question or the request that asked for it; done_at is null while it goes on';
comment on column restore.effects is 'what was done since the checkpoint and no restore undoes, as it was shown';
comment on column review.window_tokens is 'what the model can read at once; null: it did not say';
comment on column review.prompt_tokens is 'of the prompt, as counted here';
comment on column review.model_tokens is 'of the prompt, as counted by the model''s server';
comment on column review.not_shown is 'changed paths the reviewer saw only a part of, or nothing';
comment on table review_prompt is 'what a reviewer was asked about a turn, redacted';
comment on column run.out_offset is 'bytes of the stream that are stored as lines; moves only together with them';
comment on column run.silent_since is 'the run lives, and longer than the policy allows nothing came from it';
comment on column run.workspace is 'folder it works in; null: the workspace of its project';
comment on table steering is 'words of people to the agent; task null: for whatever is worked on';
comment on column steering.run_key is 'handed to this run while it lasted; read_at: it has read it';
comment on column steering.turn_id is 'the turn in whose prompt it is, where no run had read it before';
comment on table task_cost is 'sum of run.cost_usd over all runs of the task, whatever became of them; kept by triggers on run';
comment on table transcript_part is 'parts of the file an agent keeps of its session, in order; a file that was begun anew is another generation';
comment on column transcript_part.file_sha256 is 'of the file on the host up to to_byte, with its secrets';
comment on column transcript_part.copy is 'this part, secrets hidden, gzip; copy_sha256 and copy_bytes are of it before compression';
comment on column turn.templates is 'version of the templates the prompt was made from';
comment on column turn.plan_sha256 is 'the plan its prompt was made from; null in turns of older versions';
comment on table turn_proof is 'recorded changes put onto the first tree gave the last, and files read anew were as the tree says; wrong: what was not';
comment on column turn_proof.steps is 'whole: what was seen on the way leads from the first tree to the last; gap: not all of the way';
comment on column turn_proof.part is 'which part of the files was read, of so many; files and bytes: what that was';
comment on table usage_window is 'the last word of the agent on each usage window of an account: its share that is spent, until it resets';
comment on column usage_window.account is 'agent and the name of its credential, never the credential';
comment on table weakening is 'tests, locked paths and test configuration that are less than before the task; measured when a turn ends';
comment on column weakening.accepted is 'who said beforehand that it may be: the plan for all tasks, or for this one';
comment on table workspace_lease is 'one row per workspace, never deleted: the epoch only grows. Free when holder is null';
comment on column workspace_lease.attempt_at is 'when the attempt that wrote last was scheduled: an older one was given up by Temporal, and its rows are refused';
comment on table worktree is 'a worktree of the workspace''s repository; task is null where the whole milestone works in it; epoch is that of the lease under which it was made';
comment on column worktree.holder is 'run id of the workflow it was made for';
comment on column worktree.base_tree is 'what workspace and worktree last had in common';
comment on column worktree.state is 'conflicting: both sides are being written into the worktree; merging: the merged files are being written into the workspace or checked there; halfway: that was cut off for good, and the workspace has to be put back; kept: ended without being brought back, its files are still there';
