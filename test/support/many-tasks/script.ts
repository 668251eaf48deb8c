/** What becomes of each run of each turn, by seed: the same however often it is asked, so a killed worker changes nothing. */
import type { BreakpointKind } from '../../../src/domain/breakpoints.ts';
import { seededRandom } from '../../../src/domain/random.ts';

export type Fate = 'proceed' | 'checksFail' | 'agentFails' | 'lost' | 'asks';

function numberOf(text: string): number {
  let hash = 2_166_136_261;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619);
  return hash >>> 0;
}

/** 0 to 1. */
const roll = (seed: number, what: string): number => seededRandom(seed ^ numberOf(what))();

const FATES: readonly [number, Fate][] = [[0.66, 'proceed'], [0.78, 'checksFail'], [0.88, 'agentFails'], [0.93, 'lost'], [1, 'asks']];

export function fateOf(seed: number, { task, turn, seq }: { task: string; turn: number; seq: number }): Fate {
  const fate = FATES.find(([below]) => roll(seed, `${task}.${turn}.${seq}`) < below)?.[1] ?? 'proceed';
  // A second loss in a row would be waited for.
  return fate === 'lost' && seq > 1 ? 'proceed' : fate;
}

export function answerTo(seed: number, { id, kind }: { id: string; kind: BreakpointKind }): 'approve' | 'retry' | 'skip' {
  const rolled = roll(seed, id);
  if (rolled < 0.4) return 'skip';
  return rolled < 0.7 && kind === 'breaking_test_failure' ? 'approve' : 'retry';
}
