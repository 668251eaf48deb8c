/** All activities, from their dependencies; every error leaves as one of the catalogue. */
import { createAgentRuns } from './agent-runs.ts';
import { createChecks } from './checks.ts';
import type { Activities } from './contract.ts';
import { createDecisions } from './decisions.ts';
import type { Deps } from './deps.ts';
import { toldWhenFailing } from './failing.ts';
import { createPlans } from './plans.ts';
import { createRecords } from './records.ts';
import { createReviews } from './reviews.ts';
import { createSeats } from './seats.ts';
import { createStops } from './stop-run.ts';
import { translated } from './to-failure.ts';
import { createTurns } from './turns.ts';
import { createWorkspaces } from './workspaces.ts';

export type { Deps } from './deps.ts';

export const createActivities = (deps: Deps): Activities =>
  translated(toldWhenFailing(deps, {
    ...createPlans(deps),
    ...createWorkspaces(deps),
    ...createTurns(deps),
    ...createAgentRuns(deps),
    ...createStops(deps),
    ...createChecks(deps),
    ...createReviews(deps),
    ...createDecisions(deps),
    ...createRecords(deps),
    ...createSeats(deps),
  }));
