/**
 * B14: the judge's own time for one turn, model apart: scores and rules over facts of every kind, with rules of a plan and a
 * change of 200 files. Beside it the same facts read from JSON, as they come from the database.
 */
import type { Benchmark, Context, Round, Samples } from '../benchmark.ts';
import { takeRounds } from '../rounds.ts';
import { median } from '../stats.ts';
import { judge, type JudgeFacts } from '../../src/domain/judge.ts';
import type { CheckEvidence } from '../../src/domain/evidence.ts';

const FULL = { rounds: 9, turns: 2_000 };
const SMOKE = { rounds: 1, turns: 20 };

const RULES = [
  { name: 'migrations', when: 'changes.paths.exists(p, p.startsWith("migrations/"))', then: 'ask' as const },
  { name: 'large', when: 'changes.files > 500 || checks.filter(c, !c.met).size() > 3', then: 'ask' as const },
  { name: 'unsure', when: 'reviewed && review.confidence < 0.2 && quality < 0.9', then: 'retry' as const },
];

const check = (n: number, met: boolean): CheckEvidence => ({
  name: `check-${n}`, exitCode: met ? 0 : 1, durationMs: 10, timedOut: false, tail: 'x'.repeat(4_000), tree: 't', treeAfter: 't', required: n % 2 === 0,
  expect: 'pass', measures: n % 3 === 0 ? 'syntax' : 'tests', outcome: met ? 'pass' : 'stillFailing', met, baselineExitCode: 0,
});

/** Turn `n` of many: ends, checks and reviews of every kind. */
function facts(n: number): JudgeFacts {
  const quality = (n * 7 % 100) / 100;
  return {
    outcome: n % 20 === 0 ? { kind: 'lost', message: 'gone' } : { kind: 'completed', text: 'done' },
    validation: { valid: n % 15 !== 0, findings: [], denials: n % 3 },
    changes: { files: 200, lines: 4_000, paths: Array.from({ length: 200 }, (_, at) => `src/folder-${at % 10}/file-${at}.ts`) },
    evidence: Array.from({ length: 10 }, (_, at) => check(at, (n + at) % 13 !== 0 || n % 2 === 0)),
    review: {
      kind: 'reviewed', model: 'm', promptHash: 'h', durationMs: 1, tries: 1,
      review: { requirementsMet: [{ requirement: 'r', met: n % 4 !== 0 }], issues: [], alternatives: n % 11 === 0 ? ['another way'] : [], quality, confidence: 1 - quality / 2 },
    },
    attemptsLeft: n % 3, failuresBefore: n % 2, skipReview: false, task: { id: 'task', design: false },
    policy: { gate: 0.7, withoutReviewer: 'ask', rules: RULES },
  };
}

function each(texts: readonly string[], use: (one: string) => () => unknown): number[] {
  return texts.map((text) => {
    const act = use(text);
    const since = performance.now();
    act();
    return performance.now() - since;
  });
}

async function run(context: Context): Promise<Samples> {
  const { rounds, turns } = context.smoke ? SMOKE : FULL;
  const texts = Array.from({ length: turns }, (_, n) => JSON.stringify(facts(n)));
  const arms = {
    // Facts are new for every turn: nothing of one is remembered for the next.
    ours: () => Promise.resolve(each(texts, (text) => {
      const own = JSON.parse(text) as JudgeFacts;
      return () => judge(own);
    })),
    anchor: () => Promise.resolve(each(texts, (text) => () => JSON.parse(text) as unknown)),
  };
  if (!context.smoke) await takeRounds(1, arms, () => undefined);
  const measured: Round[] = await takeRounds(rounds, arms, ({ ours, anchor }, n) =>
    context.log(`B14 round ${n} of ${rounds}: p50 ${median(ours).toFixed(3)} ms, reading the facts ${median(anchor).toFixed(3)} ms`));
  return { kind: 'measured', rounds: { B14: measured } };
}

export const b14: Benchmark = {
  id: 'B14',
  series: [{
    key: 'B14', what: 'facts of a turn → decision, three rules of a plan, 200 changed files, without the model', unit: 'ms', anchor: 'JSON.parse of the same facts',
    conditions: [{ metric: 'p50 in ms', judged: 'p50', op: '<=', target: 1 }, { metric: 'ratio of p50', judged: 'ratio', op: '<=', target: 1.5 }],
  }],
  run,
};
