/** What makes the evidence of a turn weaker than it was before the task. Package-free. */

export type WeakeningKind =
  | 'lockedPath'
  | 'testsRemoved'
  | 'fewerAssertions'
  | 'testsSkipped'
  | 'testsFocused'
  | 'testConfig'
  | 'checkScript'
  | 'snapshotsRemoved'
  | 'fewerTestsRan';

/** A locked path is changed by tasks that may (`mayChange`), never by accepting the kind. */
export const ACCEPTABLE_KINDS = [
  'testsRemoved', 'fewerAssertions', 'testsSkipped', 'testsFocused', 'testConfig', 'checkScript', 'snapshotsRemoved', 'fewerTestsRan',
] as const satisfies readonly WeakeningKind[];

export interface Weakening {
  kind: WeakeningKind;
  /** In the workspace; the old one of a path that is gone. Of `fewerTestsRan`: the check. */
  path: string;
  /** What was counted before the task and after the turn; null where nothing is counted. */
  before: number | null;
  after: number | null;
  /** One sentence for people. */
  text: string;
  /** Who has accepted it beforehand: the plan for all tasks, or for this one. */
  accepted: 'policy' | 'task' | null;
}

/** The judge has to answer for these. */
export const openWeakenings = (all: readonly Weakening[] | undefined): Weakening[] => (all ?? []).filter(({ accepted }) => accepted === null);
