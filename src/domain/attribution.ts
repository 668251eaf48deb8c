/** Which tool call a change is tied to: one that was open when it happened and may have made it, or nobody of ours. Pure; package-free. */
import type { CallInterval, CallSpan, OpenCall } from './call-marks.ts';
import type { Change } from './host-files.ts';

/** What caused a change: a tool call of the agent, or anything else. */
export type ChangeCause = { kind: 'tool'; tool: string; toolUseId: string } | { kind: 'other' };

/** Change exactly the file they name. */
const NAMING = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);

/** Change nothing by themselves: what changes while one is open is somebody else's. */
const READING = new Set([
  'Read', 'Glob', 'Grep', 'LS', 'NotebookRead', 'WebFetch', 'WebSearch', 'TodoWrite', 'AskUserQuestion', 'ExitPlanMode', 'StructuredOutput', 'Agent', 'Task',
]);

export const READING_TOOLS: readonly string[] = [...READING];

/**
 * Path in the workspace that a call has written, where it names one and was not refused; null where it is not known yet, so that it may
 * still be any.
 */
export type WrittenBy = (toolUseId: string) => string | null | undefined;

function mayHaveMade(path: string, { tool, toolUseId }: OpenCall, writtenBy: WrittenBy): boolean {
  if (READING.has(tool)) return false;
  const written = NAMING.has(tool) ? writtenBy(toolUseId) : null;
  return written === null || written === path;
}

/** Those of the open calls that may have changed the path, in the same order; one that names it rules out the others. */
export function suspects(path: string, calls: readonly OpenCall[], writtenBy: WrittenBy): OpenCall[] {
  const able = calls.filter((call) => mayHaveMade(path, call, writtenBy));
  const named = able.filter(({ tool, toolUseId }) => NAMING.has(tool) && writtenBy(toolUseId) === path);
  return named.length > 0 ? named : able;
}

/** The agent lets calls that write run one after the other; of several that may have made the change the one that began last is named. */
export function causeOf(calls: readonly OpenCall[]): ChangeCause {
  const last = calls.at(-1);
  return last ? { kind: 'tool', tool: last.tool, toolUseId: last.toolUseId } : { kind: 'other' };
}

/** Interval of a turn with what changed in it. */
export interface Step extends CallInterval {
  changes: readonly Change[];
}

/** How the change between the checkpoints came about. */
export interface Origin {
  /** The calls that may have made it last. */
  suspects: OpenCall[];
  /** Tree in which it was last as somebody of ours had left it, or as the turn found it. */
  before: string;
}

interface Touch {
  step: Step;
  /** What the path held after it; null: nothing. */
  sha: string | null;
}

const touchOf = (step: Step, path: string): Touch | undefined => {
  const change = step.changes.find((one) => one.path === path || one.from === path);
  return change && { step, sha: change.path === path ? change.shaAfter : null };
};

/** One look at a step for each path it touches: a turn may have changed very many. */
function touchesByPath(steps: readonly Step[]): Map<string, Touch[]> {
  const found = new Map<string, Touch[]>();
  for (const step of steps) {
    for (const path of new Set(step.changes.flatMap(({ path: at, from }) => (from === undefined ? [at] : [from, at])))) {
      const touch = touchOf(step, path);
      if (touch) found.set(path, [...(found.get(path) ?? []), touch]);
    }
  }
  return found;
}

/** Of each path between the checkpoints: the last step that led to what is there now (`shaAfter`; null: nothing). */
export function originsOf(changes: readonly Pick<Change, 'path' | 'shaAfter'>[], steps: readonly Step[], writtenBy: WrittenBy): Map<string, Origin> {
  const touches = touchesByPath(steps);
  return new Map(changes.flatMap(({ path, shaAfter }) => {
    const own = touches.get(path) ?? [];
    const isThere = ({ sha }: Touch): boolean => sha === shaAfter;
    // What was put back is again the work of the call that had made it.
    const ours = own.findLastIndex((touch) => isThere(touch) && suspects(path, touch.step.calls, writtenBy).length > 0);
    const made = ours === -1 ? own.findLastIndex(isThere) : ours;
    const at = made === -1 ? own.length - 1 : made;
    return own[at] ? [[path, originOf(path, own.slice(0, at + 1), writtenBy)] as const] : [];
  }));
}

function originOf(path: string, touches: readonly Touch[], writtenBy: WrittenBy): Origin {
  const by = touches.map(({ step }) => suspects(path, step.calls, writtenBy));
  // Of several changes in a row by nobody of ours, what was there before the first of them.
  const ours = by.findLastIndex((calls) => calls.length > 0);
  const first = touches[ours === touches.length - 1 ? ours : ours + 1];
  return { suspects: by.at(-1) ?? [], before: first?.step.from ?? '' };
}

/** The kernel's clock for files lags by up to one tick. */
const TICK_MS = 12;

/** Those of the suspects that were open at the moment the path last changed, on the host's clock. */
export function openAt(moment: number, calls: readonly OpenCall[], spans: readonly CallSpan[]): OpenCall[] {
  const open = new Set(spans.filter(({ since, until }) => since <= moment + TICK_MS && until >= moment).map(({ toolUseId }) => toolUseId));
  return calls.filter(({ toolUseId }) => open.has(toolUseId));
}

/** Those that were open at some moment between the two. */
export const openBetween = (since: number, until: number, spans: readonly CallSpan[]): CallSpan[] =>
  spans.filter((span) => span.since <= until && span.until >= since);
