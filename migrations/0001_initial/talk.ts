/** Questions to people with their answers, and what a person should find in the log. */

const BREAKPOINT_KINDS = `'architecture_decision', 'breaking_test_failure', 'conflicting_solutions', 'milestone_completion', 'rate_limit_hit',
      'time_threshold_exceeded', 'confidence_too_low', 'consecutive_failures', 'destructive_operation', 'permission_request',
      'agent_question', 'budget_exceeded', 'plan_approval', 'reviewer_unavailable', 'stalled', 'host_unreachable',
      'unexpected_change', 'merge_conflict', 'evidence_weakened', 'sign_in_required'`;

export const TALK_TABLES = [
  `create table breakpoint (
    id text not null,
    opened_at timestamptz not null,
    workflow_id text not null,
    run_id text not null,
    project text not null references project,
    milestone text not null,
    task text,
    turn integer,
    kind text not null check (kind in (${BREAKPOINT_KINDS})),
    occurrence integer not null check (occurrence >= 1),
    priority text not null check (priority in ('high', 'medium', 'low')),
    reason text not null,
    actions text[] not null,
    note_required text[] not null,
    tree text,
    detail jsonb not null default '{}',
    answered_at timestamptz,
    action text,
    note text,
    answered_by text,
    via text check (via in ('signal', 'update')),
    closed_at timestamptz,
    primary key (id, opened_at),
    check ((answered_at is null) = (action is null))
  )`,
  `comment on table breakpoint is 'open: neither answered nor closed. The instant is part of the key because a new run of a project counts from 1 again'`,
  `comment on column breakpoint.closed_at is 'the milestone ended, or asked the same again, without an answer'`,
  `create index breakpoint_open on breakpoint (project, milestone) where answered_at is null and closed_at is null`,
  `create table event (
    id bigint generated always as identity primary key,
    key text not null unique,
    project text not null,
    milestone text,
    workflow_id text,
    run_id text,
    kind text not null,
    message text not null,
    at timestamptz not null
  )`,
  `create index event_of_project on event (project, id)`,
];
