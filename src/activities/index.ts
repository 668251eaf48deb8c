/** All activities, from their dependencies; every error leaves as one of the catalogue. */
import { createAgentRuns } from './agent-runs.ts';
import { createAskedCheckpoints } from './asked-checkpoints.ts';
import { createBringBack } from './bring-back.ts';
import { createChecks } from './checks.ts';
import type { Activities } from './contract.ts';
import { createDecisions } from './decisions.ts';
import type { Deps } from './deps.ts';
import { toldWhenFailing } from './failing.ts';
import { createNotifications } from './notifications.ts';
import { createPlanChanges } from './plan-changes.ts';
import { createPlans } from './plans.ts';
import { createQuestions } from './questions.ts';
import { createRecords } from './records.ts';
import { createRestores } from './restores.ts';
import { createReviews } from './reviews.ts';
import { createSeats } from './seats.ts';
import { createSteering } from './steering.ts';
import { createStops } from './stop-run.ts';
import { translated } from './to-failure.ts';
import { createTurns } from './turns.ts';
import { createUnexpected } from './unexpected.ts';
import { createWorkspaces } from './workspaces.ts';
import { createWorktrees } from './worktrees.ts';

export type { Deps } from './deps.ts';

export const createActivities = (deps: Deps): Activities =>
  translated(toldWhenFailing(deps, {
    ...createPlans(deps),
    ...createPlanChanges(deps),
    ...createWorkspaces(deps),
    ...createWorktrees(deps),
    ...createBringBack(deps),
    ...createTurns(deps),
    ...createUnexpected(deps),
    ...createAgentRuns(deps),
    ...createStops(deps),
    ...createSteering(deps),
    ...createChecks(deps),
    ...createAskedCheckpoints(deps),
    ...createRestores(deps),
    ...createReviews(deps),
    ...createDecisions(deps),
    ...createRecords(deps),
    ...createQuestions(deps),
    ...createSeats(deps),
    ...createNotifications(deps),
  }));
