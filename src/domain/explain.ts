/**
 * What would have changed a decision: alters one fact at a time and asks the judge again. Nothing here knows the rules,
 * so it cannot say anything about them that is not so.
 */
import type { CheckEvidence } from './evidence.ts';
import { describeCheck } from './judge/feedback.ts';
import { judge } from './judge.ts';
import type { JudgeFacts, Judgement } from './judge.ts';
import type { Review } from './review.ts';

interface Probe {
  /** Completes "With …". */
  says: string;
  facts: JudgeFacts;
}

/** Sentences such as "With a review quality of 0.83 or more: proceed (quality_reached)."; each true by trial. */
export function wouldChange(facts: JudgeFacts, judged: Judgement = judge(facts)): string[] {
  const single = [...outcomeProbes(facts), ...checkProbes(facts), ...reviewProbes(facts), ...countProbes(facts)];
  const found = single.map((probe) => ({ ...probe, other: judge(probe.facts) })).filter(({ other }) => differs(other, judged));
  const scanned = [...SCALES.flatMap((scale) => scanBothWays(scale, facts, judged))];
  return [...found, ...scanned].map(({ says, other }) => `With ${says}: ${nameOf(other)}.`);
}

const differs = (a: Judgement, b: Judgement): boolean => nameOfDecision(a) !== nameOfDecision(b);

const nameOfDecision = ({ decision }: Judgement): string => (decision.kind === 'breakpoint' ? `breakpoint ${decision.breakpoint}` : decision.kind);

const nameOf = (judged: Judgement): string => `${nameOfDecision(judged)} (${judged.rule})`;

function outcomeProbes(facts: JudgeFacts): Probe[] {
  if (facts.outcome.kind === 'completed') return [];
  return [{ says: 'a turn that had completed, and nothing else different', facts: { ...facts, outcome: { kind: 'completed', text: '' } } }];
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

const SCALES: readonly Scale[] = [
  reviewNumber('quality'),
  reviewNumber('confidence'),
  { name: 'policy.gate', read: ({ policy }) => policy.gate, write: (facts, gate) => ({ ...facts, policy: { ...facts.policy, gate } }) },
];

interface Found {
  says: string;
  other: Judgement;
}

/** The nearest value above, and the nearest below, at which the decision is another one. Steps of one hundredth. */
function scanBothWays(scale: Scale, facts: JudgeFacts, judged: Judgement): Found[] {
  const now = scale.read(facts);
  if (now === undefined) return [];
  return [scan(scale, facts, judged, now, 1), scan(scale, facts, judged, now, -1)].filter((found) => found !== undefined);
}

function scan(scale: Scale, facts: JudgeFacts, judged: Judgement, now: number, direction: 1 | -1): Found | undefined {
  const first = direction > 0 ? Math.floor(now * 100 + 1e-9) + 1 : Math.ceil(now * 100 - 1e-9) - 1;
  for (let hundredths = first; hundredths >= 0 && hundredths <= 100; hundredths += direction) {
    const other = judge(scale.write(facts, hundredths / 100));
    if (differs(other, judged)) return { says: `${scale.name} of ${(hundredths / 100).toFixed(2)} or ${direction > 0 ? 'more' : 'less'}`, other };
  }
  return undefined;
}
