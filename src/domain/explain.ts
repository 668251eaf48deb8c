/**
 * What would have changed a decision: alters one fact at a time and asks the judge again. Nothing here knows the rules,
 * so it cannot say anything about them that is not so.
 */
import type { CheckEvidence } from './evidence.ts';
import type { RuleName } from './decision.ts';
import { describeCheck } from './judge/feedback.ts';
import { thresholdsOf, type Thresholds } from './judge/thresholds.ts';
import { judge } from './judge.ts';
import type { JudgeFacts, Judgement } from './judge.ts';
import type { Review } from './review.ts';
import { openWeakenings } from './weakening/finding.ts';

interface Probe {
  /** Completes "With …". */
  says: string;
  facts: JudgeFacts;
}

/** Sentences such as "With a review quality of 0.83 or more: proceed (quality_reached)."; each true by trial. */
export function wouldChange(facts: JudgeFacts, judged: Judgement = judge(facts)): string[] {
  return alternatives(facts, judged, differs).map(({ says, other }) => `With ${says}: ${nameOf(other)}.`);
}

export interface NearRule {
  rule: RuleName;
  /** What it would have decided. */
  decision: string;
  /** Each of these alone would have made it match. */
  missing: string[];
}

/** Rules that one other fact would have made match, each with the facts that were missing; true by trial. */
export function nearRules(facts: JudgeFacts, judged: Judgement = judge(facts)): NearRule[] {
  const near = new Map<RuleName, NearRule>();
  for (const { says, other } of alternatives(facts, judged, (a, b) => a.rule !== b.rule)) {
    const known = near.get(other.rule);
    if (known) known.missing.push(says);
    else near.set(other.rule, { rule: other.rule, decision: nameOfDecision(other), missing: [says] });
  }
  return [...near.values()];
}

/** Every single fact altered, and the judgement of it where that is another one. */
function alternatives(facts: JudgeFacts, judged: Judgement, isOther: IsOther): Found[] {
  const single = [
    ...outcomeProbes(facts), ...weakeningProbes(facts), ...checkProbes(facts), ...reviewProbes(facts), ...countProbes(facts), ...taskProbes(facts), ...forkProbes(facts),
  ];
  const found = single.map(({ says, facts: altered }) => ({ says, other: judge(altered) })).filter(({ other }) => isOther(other, judged));
  return [...found, ...[...SCALES, ...siblingScales(facts)].flatMap((scale) => scanBothWays(scale, facts, judged, isOther))];
}

type IsOther = (a: Judgement, b: Judgement) => boolean;

const differs = (a: Judgement, b: Judgement): boolean => nameOfDecision(a) !== nameOfDecision(b);

const nameOfDecision = ({ decision }: Judgement): string => (decision.kind === 'breakpoint' ? `breakpoint ${decision.breakpoint}` : decision.kind);

const nameOf = (judged: Judgement): string => `${nameOfDecision(judged)} (${judged.rule})`;

function outcomeProbes(facts: JudgeFacts): Probe[] {
  if (facts.outcome.kind === 'completed') return [];
  return [{ says: 'a turn that had completed, and nothing else different', facts: { ...facts, outcome: { kind: 'completed', text: '' } } }];
}

function weakeningProbes(facts: JudgeFacts): Probe[] {
  if (facts.weakeningsApproved) return [];
  const { unproven: _, ...proven } = facts;
  return [
    ...(facts.unproven ? [{ says: 'a record that is what happened', facts: proven }] : []),
    ...(openWeakenings(facts.weakenings).length > 0 ? [{ says: 'evidence as strong as before the task', facts: { ...facts, weakenings: [] } }] : []),
  ];
}

const passing = (check: CheckEvidence): CheckEvidence => ({ ...check, outcome: 'pass', exitCode: 0, met: true });
const failing = (check: CheckEvidence): CheckEvidence => ({ ...check, outcome: 'newlyFailing', exitCode: 1, met: false });

function checkProbes(facts: JudgeFacts): Probe[] {
  const unmet = facts.evidence.filter(({ met }) => !met);
  const flip = (at: CheckEvidence): Probe => ({
    says: at.met ? `${at.name} failing` : `${at.name} passing (it ${describeCheck(at).slice(at.name.length + 1)})`,
    facts: { ...facts, evidence: facts.evidence.map((check) => (check === at ? (at.met ? failing(at) : passing(at)) : check)) },
  });
  const all: Probe[] = unmet.length > 1 ? [{ says: 'all checks passing', facts: { ...facts, evidence: facts.evidence.map(passing) } }] : [];
  const valid: Probe[] = facts.validation.valid
    ? [] : [{ says: 'a stream that shows work', facts: { ...facts, validation: { ...facts.validation, valid: true } } }];
  return [...facts.evidence.map(flip), ...all, ...valid];
}

const REVIEWER_GOOD: Review = { requirementsMet: [], issues: [], alternatives: [], quality: 1, confidence: 1 };

function reviewProbes(facts: JudgeFacts): Probe[] {
  const { review, policy } = facts;
  const other = policy.withoutReviewer === 'ask' ? 'evidence' : 'ask';
  if (review?.kind === 'reviewed') {
    const requirementsMet = review.review.requirementsMet.map((requirement) => ({ ...requirement, met: true }));
    if (review.review.requirementsMet.every(({ met }) => met)) return [];
    return [{ says: 'every requirement met', facts: withReview(facts, { requirementsMet }) }];
  }
  return [
    { says: `policy.withoutReviewer: ${other}`, facts: { ...facts, policy: { ...policy, withoutReviewer: other } } },
    {
      says: 'a review that finds nothing wrong',
      facts: { ...facts, review: { kind: 'reviewed', review: REVIEWER_GOOD, model: '', promptHash: '', durationMs: 0, tries: 1 } },
    },
  ];
}

function countProbes(facts: JudgeFacts): Probe[] {
  const attemptsLeft = facts.attemptsLeft > 0 ? 0 : 1;
  const probes: Probe[] = [{ says: attemptsLeft === 0 ? 'no attempt left' : 'an attempt left', facts: { ...facts, attemptsLeft } }];
  if (facts.failuresBefore > 0) probes.push({ says: 'no failure before this turn', facts: { ...facts, failuresBefore: 0 } });
  if (facts.failuresBefore < 2) probes.push({ says: 'two failures before this turn', facts: { ...facts, failuresBefore: 2 } });
  return probes;
}

const taskProbes = (facts: JudgeFacts): Probe[] =>
  (facts.task ? [{ says: `design: ${!facts.task.design} of the task`, facts: { ...facts, task: { ...facts.task, design: !facts.task.design } } }] : []);

const forkProbes = ({ forks, ...facts }: JudgeFacts): Probe[] => (forks ? [{ says: 'no other line of the task', facts }] : []);

function withReview(facts: JudgeFacts, change: Partial<Review>): JudgeFacts {
  if (facts.review?.kind !== 'reviewed') return facts;
  return { ...facts, review: { ...facts.review, review: { ...facts.review.review, ...change } } };
}

interface Scale {
  name: string;
  read: (facts: JudgeFacts) => number | undefined;
  write: (facts: JudgeFacts, value: number) => JudgeFacts;
}

const reviewNumber = (name: 'quality' | 'confidence'): Scale => ({
  name: `a review ${name}`,
  read: ({ review }) => (review?.kind === 'reviewed' ? review.review[name] : undefined),
  write: (facts, value) => withReview(facts, { [name]: value }),
});

const threshold = (name: keyof Thresholds): Scale => ({
  name: `policy.thresholds.${name}`,
  read: (facts) => thresholdsOf(facts)[name],
  write: (facts, value) => ({ ...facts, policy: { ...facts.policy, thresholds: { ...thresholdsOf(facts), [name]: value } } }),
});

const SCALES: readonly Scale[] = [
  reviewNumber('quality'),
  reviewNumber('confidence'),
  { name: 'policy.gate', read: ({ policy }) => policy.gate, write: (facts, gate) => ({ ...facts, policy: { ...facts.policy, gate } }) },
  threshold('confidence'), threshold('clarify'), threshold('conflict'), threshold('design'),
];

/** What each other line of the task has come to. */
const siblingScales = ({ forks }: JudgeFacts): Scale[] => (forks?.siblings ?? []).map(({ turn }, n) => ({
  name: `a quality of ${turn}`,
  read: (facts) => facts.forks?.siblings[n]?.quality,
  write: (facts, quality) => (facts.forks
    ? { ...facts, forks: { ...facts.forks, siblings: facts.forks.siblings.map((one, at) => (at === n ? { ...one, quality } : one)) } } : facts),
}));

interface Found {
  says: string;
  other: Judgement;
}

/** The nearest value above, and the nearest below, at which the decision is another one. Steps of one hundredth. */
function scanBothWays(scale: Scale, facts: JudgeFacts, judged: Judgement, isOther: IsOther): Found[] {
  const now = scale.read(facts);
  if (now === undefined) return [];
  const isHere = (altered: JudgeFacts): Judgement | undefined => {
    const other = judge(altered);
    return isOther(other, judged) ? other : undefined;
  };
  return [scan(scale, facts, isHere, 1), scan(scale, facts, isHere, -1)].filter((found) => found !== undefined);
}

function scan(scale: Scale, facts: JudgeFacts, found: (altered: JudgeFacts) => Judgement | undefined, direction: 1 | -1): Found | undefined {
  const now = scale.read(facts) ?? 0;
  const first = direction > 0 ? Math.floor(now * 100 + 1e-9) + 1 : Math.ceil(now * 100 - 1e-9) - 1;
  for (let hundredths = first; hundredths >= 0 && hundredths <= 100; hundredths += direction) {
    const other = found(scale.write(facts, hundredths / 100));
    if (other) return { says: `${scale.name} of ${(hundredths / 100).toFixed(2)} or ${direction > 0 ? 'more' : 'less'}`, other };
  }
  return undefined;
}
