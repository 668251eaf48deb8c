/** Going over to another plan while a project runs. Types only. */
import type { TaskDifference } from '../../domain/plan-difference.ts';
import type { MilestoneRef, PlanRef, ProjectBrief } from './plan-brief.ts';

/** `planSha256`: the plan that is followed now. */
export interface ComparePlans extends PlanRef {
  to: string;
}

export interface MilestoneDifference extends TaskDifference {
  id: string;
  kind: 'added' | 'removed' | 'kept';
}

export interface PlanComparison {
  /** Why no milestone could ever go over to it; null: nothing against it. */
  refused: string | null;
  milestones: MilestoneDifference[];
  /** Of the new plan. */
  brief: ProjectBrief;
}

/** What the project says to a milestone that runs. */
export interface TellMilestone extends MilestoneRef {
  by: string | null;
  /** Only whether it could. */
  check: boolean;
}

export interface ToldMilestone {
  /** Why it cannot go over; null: it can, it will, or it has ended meanwhile. */
  refused: string | null;
}
