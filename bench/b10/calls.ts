/** Instant activities that note when they were called: the real contract of the milestone workflow, nothing behind it. */
import type { Activities, ChecksResult, JudgeResult, MilestoneBrief, ProjectBrief, RecordState, RestoreReport } from '../../src/activities/contract.ts';

export interface Call {
  name: string;
  startedAt: number;
  endedAt: number;
}

export interface Calls {
  all: Call[];
  /** Resolves at the start of the next activity. */
  next(): Promise<Call>;
  /** Wraps an activity. */
  noted<A extends unknown[], R>(name: string, work: (...args: A) => R): (...args: A) => Promise<R>;
  clear(): void;
}

export function createCalls(): Calls {
  const all: Call[] = [];
  let waiting: ((call: Call) => void)[] = [];
  return {
    all,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    noted: (name, work) => async (...args) => {
      const call: Call = { name, startedAt: performance.now(), endedAt: NaN };
      all.push(call);
      const told = waiting;
      waiting = [];
      for (const tell of told) tell(call);
      const result = work(...args);
      call.endedAt = performance.now();
      return result;
    },
    clear: () => void all.splice(0),
  };
}

export interface Behaviour {
  /** Of the one milestone. */
  tasks: number;
  judge: JudgeResult;
  onRecord: (record: RecordState) => void;
}

export const PROCEED: JudgeResult = {
  decision: 'proceed', rule: 'quality_reached', breakpoint: null, reason: 'fine', until: null, quality: 0.9, confidence: 0.9, failed: false,
};

const nothingRestored = (checkpoint: string): RestoreReport =>
  ({ checkpoint, taken: '', files: 0, effects: [], moreEffects: 0, changes: [], undo: null, notRestored: [], moreNotRestored: 0, exact: true, tree: '' });

const NO_CHECKS: ChecksResult = { checks: [] };

const brief = (milestone: string, tasks: number): MilestoneBrief => ({
  milestone, title: 'A milestone', host: 'local', workspace: '/srv/code', attempts: 3, hostPatienceMs: 1_000, runTimeoutMs: 60_000, checksTimeoutMs: 10_000,
  breakpoints: { milestone_completion: { enabled: false, priority: null } },
  tasks: Array.from({ length: tasks }, (_, n) => ({ id: `t${n + 1}`, title: `Task ${n + 1}`, dependsOn: [], priority: 5, deadline: null })),
});

/** `behaviour` is asked at each call, so one worker serves all rounds. */
export function instantActivities(calls: Calls, behaviour: () => Behaviour): Activities {
  const noted: Calls['noted'] = (name, work) => calls.noted(name, work);
  return {
    loadProject: noted('loadProject', (p): ProjectBrief => ({ project: p.project, host: 'local', milestones: [] })),
    loadMilestone: noted('loadMilestone', (p) => brief(p.milestone, behaviour().tasks)),
    recordState: noted('recordState', (p) => behaviour().onRecord(p)),
    judgeTurn: noted('judgeTurn', () => behaviour().judge),
    takeSeat: noted('takeSeat', () => undefined),
    leaveSeat: noted('leaveSeat', () => undefined),
    comparePlans: noted('comparePlans', (p) => ({ refused: null, milestones: [], brief: { project: p.project, host: 'local', milestones: [] } })),
    adoptPlan: noted('adoptPlan', () => undefined),
    tellMilestone: noted('tellMilestone', () => ({ refused: null })),
    notify: noted('notify', () => undefined),
    sendNotifications: noted('sendNotifications', () => ({ next: null })),
    claimWorkspace: noted('claimWorkspace', () => ({ epoch: 1 })),
    putBack: noted('putBack', () => ({ undo: null })),
    lookAtTree: noted('lookAtTree', (p) => ({ tree: p.tree, files: 0, paths: [] })),
    keepCheckpoint: async () => ({ id: '1', tree: '', files: 0, bytes: 0, notCovered: [], moreNotCovered: 0 }),
    previewRestore: noted('previewRestore', () => ({ preview: null })),
    listEffects: noted('listEffects', () => ({ effects: [], moreEffects: 0 })),
    restoreFiles: noted('restoreFiles', (p) => nothingRestored(p.checkpoint)),
    stillAsked: noted('stillAsked', () => ({ answer: null })),
    steerAgent: noted('steerAgent', () => ({ reached: 'next' as const })),
    releaseWorkspace: noted('releaseWorkspace', () => undefined),
    setUpFork: noted('setUpFork', () => ({})),
    openWorktree: noted('openWorktree', () => ({ path: '/srv/code.m', branch: 'm' })),
    mergeWorktree: noted('mergeWorktree', () => ({ kind: 'merged' as const })),
    checkMerged: noted('checkMerged', () => ({ met: true, feedback: '', merged: 'tree', tree: 'tree' })),
    undoMerge: noted('undoMerge', () => undefined),
    finishMerge: noted('finishMerge', () => undefined),
    closeWorktree: noted('closeWorktree', () => ({ kept: null, branch: null })),
    keepWorktrees: noted('keepWorktrees', () => undefined),
    takeBaseline: noted('takeBaseline', () => NO_CHECKS),
    beginTurn: noted('beginTurn', (p) => ({ runKey: `${p.task}.${p.turn}.${p.seq}` })),
    endTurn: noted('endTurn', (p) => ({ tree: `tree-${p.task}-${p.turn}`, changedFiles: 1 })),
    runChecks: noted('runChecks', () => NO_CHECKS),
    reviewTurn: noted('reviewTurn', () => ({ kind: 'reviewed' as const, quality: 0.9, confidence: 0.9 })),
    runTurn: noted('runTurn', () => ({ outcome: 'completed' as const, message: 'done', until: null, costUsd: 0.01, toolCalls: 1 })),
    stopRun: noted('stopRun', () => undefined),
  };
}
