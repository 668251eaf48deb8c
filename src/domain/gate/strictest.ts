/** One verdict for a call of several parts: what is denied anywhere is denied, then what must be asked, and only then it is allowed. */
import type { Asked, GateVerdict } from '../gate-policy.ts';

type Deferred = Extract<GateVerdict, { decision: 'defer' }>;

/** Undefined when there is no part. Rules are named once each. */
export function strictest(verdicts: GateVerdict[]): GateVerdict | undefined {
  const denied = verdicts.find(({ decision }) => decision === 'deny');
  if (denied) return denied;
  const deferred = verdicts.filter((verdict): verdict is Deferred => verdict.decision === 'defer');
  if (deferred.length > 0) return { decision: 'defer', rule: namesOf(deferred), asked: together(deferred.map(({ asked }) => asked)) };
  return verdicts.length === 0 ? undefined : { decision: 'allow', rule: namesOf(verdicts) };
}

const unique = (texts: string[]): string[] => [...new Set(texts)];

const namesOf = (verdicts: GateVerdict[]): string => unique(verdicts.map(({ rule }) => rule)).join(', ');

/** Asked as what is worst in it; allowed for good only where that can be said of every part. */
function together(asked: Asked[]): Asked {
  const kind = asked.some((one) => one.kind === 'destructive') ? 'destructive' : (asked[0]?.kind ?? 'permission');
  const isExact = kind === 'permission' && asked.every(({ grants }) => grants.length > 0);
  return {
    kind,
    why: unique(asked.map(({ why }) => why)).join(' '),
    parts: unique(asked.flatMap(({ parts }) => parts)),
    grants: isExact ? unique(asked.flatMap(({ grants }) => grants)) : [],
  };
}
