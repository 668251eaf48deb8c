/** Every migration in order, by name. A list and not a folder scan: it survives compiling and bundling. */
import type { Migration } from 'kysely/migration';
import * as initial from './0001_initial.ts';
import * as usage from './0002_usage.ts';
import * as leases from './0003_leases.ts';
import * as watchdog from './0005_watchdog.ts';
import * as evidence from './0006_evidence.ts';
import * as weakening from './0007_weakening.ts';
import * as review from './0008_review.ts';
import * as judge from './0009_judge.ts';
import * as questionTimes from './0010_question_times.ts';
import * as limits from './0012_limits.ts';
import * as turnPlan from './0013_turn_plan.ts';
import * as steering from './0014_steering.ts';
import * as notifications from './0015_notifications.ts';
import * as growth from './0017_growth.ts';
import * as restore from './0019_restore.ts';
import * as attribution from './0020_attribution.ts';
import * as worktree from './0021_worktree.ts';
import * as transcript from './0022_transcript.ts';
import * as turnProof from './0023_turn_proof.ts';
import * as taskCost from './0024_task_cost.ts';
import * as moreCheckpoints from './0025_more_checkpoints.ts';
import * as installation from './0026_installation.ts';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_initial': initial,
  '0002_usage': usage,
  '0003_leases': leases,
  '0005_watchdog': watchdog,
  '0006_evidence': evidence,
  '0007_weakening': weakening,
  '0008_review': review,
  '0009_judge': judge,
  '0010_question_times': questionTimes,
  '0012_limits': limits,
  '0013_turn_plan': turnPlan,
  '0014_steering': steering,
  '0015_notifications': notifications,
  '0017_growth': growth,
  '0019_restore': restore,
  '0020_attribution': attribution,
  '0021_worktree': worktree,
  '0022_transcript': transcript,
  '0023_turn_proof': turnProof,
  '0024_task_cost': taskCost,
  '0025_more_checkpoints': moreCheckpoints,
  '0026_installation': installation,
};
