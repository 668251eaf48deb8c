/**
 * Tasks that work in worktrees of their own, each in a line of work beside that of the milestone: the same steps, up to the seats at the
 * same time. They stop between two steps where the milestone has something to do that is about all of it, and go on after that.
 */
import { CancellationScope } from '@temporalio/workflow';
import { mustStop } from './breakpoints.ts';
import { inLane, type Lane } from './lane.ts';
import { taskOf, type Milestone, type Step, type TaskProgress } from './milestone-state.ts';
import { takeStepOrAsk, whilePaused, restsHere } from './milestone-steps.ts';
import { noteEvent, record } from './recorder.ts';
import { leaveSeat } from './seats.ts';
import { nextAttempt } from './turn-path.ts';
import { refresh } from './visibility.ts';

/** What the next step is here: the end of a task leads back to the workspace first. */
function afterStep(task: TaskProgress, before: Step, next: Step): Step {
  if (next.at !== 'chooseTask') return next;
  if (before.at === 'awaitRetry') return nextAttempt(task, task.note);
  if (task.state === 'retrying') return { at: 'awaitRetry', until: task.retryAt ?? new Date().toISOString() };
  if (task.state === 'skipped') return { at: 'closeWorktree', task: task.id };
  // It is done when it is back.
  task.state = 'running';
  return { at: 'bringBack', task: task.id };
}

/** The task is over: what waits for it may begin. */
async function endLane(m: Milestone, task: TaskProgress): Promise<void> {
  if (task.state !== 'skipped') task.state = 'completed';
  const { [task.id]: ended, ...others } = m.state.lanes ?? {};
  m.state.lanes = others;
  if (Object.keys(others).length === 0) delete m.state.lanes;
  if (ended?.lastTurn && task.state === 'completed') m.state.lastTurn = ended.lastTurn;
  m.order?.schedule.set(task.id, task.state, 0);
  noteEvent(m.state, 'brought_back', `${task.id}: ${task.state === 'skipped' ? 'skipped, its files are a checkpoint' : 'merged into the workspace'}`);
  m.shared.laneEvents += 1;
  await record(m, `${task.id} ${task.state}`);
}

/** Returns when the task is over, or the milestone has to stop first. */
async function runLane(m: Milestone, task: TaskProgress): Promise<void> {
  while (m.lane.step.at !== 'closed') {
    refresh(m);
    if (restsHere(m)) await whilePaused(m);
    // It may stand here until another line has had a turn: that one may need the seat.
    if (mustStop(m)) return leaveSeat(m);
    const before = m.lane.step;
    m.lane.step = afterStep(task, before, await takeStepOrAsk(m, before));
  }
  await endLane(m, task);
}

/** The lines of one run of the workflow. */
export class Lanes {
  readonly #m: Milestone;
  readonly #scope = new CancellationScope();
  readonly #running = new Map<Lane, Promise<void>>();
  #failure: unknown;

  constructor(m: Milestone) {
    this.#m = m;
  }

  /** Those that are in the state and do not run. */
  start(): void {
    for (const [id, lane] of Object.entries(this.#m.state.lanes ?? {})) {
      if (!this.#running.has(lane)) this.#running.set(lane, this.#run(inLane(this.#m, lane), id));
    }
  }

  async #run(m: Milestone, id: string): Promise<void> {
    try {
      await runLane(m, taskOf(m.state, id));
    } catch (error) {
      this.#failure ??= error;
      this.#scope.cancel();
    } finally {
      this.#running.delete(m.lane);
    }
  }

  /** All of them stand between two steps. Throws what one of them has failed with. */
  async stopped(): Promise<void> {
    await this.#settled();
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  async #settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** `work` is the milestone's own line. The first that fails ends all of them, and nothing runs any more when this throws. */
  async beside(work: () => Promise<void>): Promise<void> {
    try {
      await this.#scope.run(work);
    } catch (error) {
      // What ends the others is no failure of theirs.
      this.#failure ??= error;
      if (this.#running.size > 0) this.#scope.cancel();
      await CancellationScope.nonCancellable(() => this.#settled());
      throw this.#failure as Error;
    }
  }
}
