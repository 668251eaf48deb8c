/** What an agent's last words claim or admit. Sentences are looked at one by one; code blocks are not words. Pure; package-free. */

const FENCE = /```[^]*?(?:```|$)/g;

export const hasCodeBlock = (text: string): boolean => text.includes('```');

export const sentencesOf = (text: string): string[] =>
  text.replaceAll(FENCE, '\n').replaceAll('’', "'").split(/(?<=[.!?])\s+|\n+/).map((sentence) => sentence.trim()).filter(Boolean);

const NOT = "(?:could ?n[o']t|can ?n[o']t|can't|(?:was|were|am|is|are)(?: not|n't)(?: able to)?|(?:was|were|am|are) unable to|did ?n[o']t|didn't|have ?n[o']t)";
const ACHIEVE = '(?:finish|complete[d]?|get (?:it|this|that|the)|make (?:it|this|that|the)|solved?|implement(?:ed)?|do (?:it|this|that|so|the)|proceed|continue|fix (?:it|this|that|the))';
const ADMITS = [
  new RegExp(`\\b(?:I|we)\\b[^.]{0,30}\\b${NOT}\\b[^.]{0,40}\\b${ACHIEVE}\\b`, 'i'),
  new RegExp(`^\\W*(?:unable|not able) to\\b[^.]{0,40}\\b${ACHIEVE}\\b`, 'i'),
  /\b(?:task|work|implementation|change|fix)\b[^.]{0,20}\b(?:is|are|remains?|was left)\s+(?:incomplete|unfinished|not (?:yet )?(?:done|finished|complete))/i,
  /\b(?:giving up|gave up|ran out of (?:time|turns|context|budget|tokens))\b/i,
];
/** What was so once, or would be, is no admission. */
const PAST = /\b(?:at first|initially|before|previously|earlier|no longer|until)\b|\bif\b/i;

/** The sentence that says the work is not finished. */
export const admission = (text: string): string | undefined => sentencesOf(text).find((one) => ADMITS.some((pattern) => pattern.test(one)) && !PAST.test(one));

const DECLINES = /\bI (?:can(?:not|'t)|won't|will not|must decline|(?:am|'m) (?:not able|unable|not going) to)\b/i;

/** The sentence that declines the work. */
export const refusal = (text: string): string | undefined => sentencesOf(text).find((one) => DECLINES.test(one));

/** The last sentence, where it is a question. */
export function lastQuestion(text: string): string | undefined {
  const last = sentencesOf(text).at(-1);
  return last?.endsWith('?') ? last : undefined;
}

const DID = /\b(?:done|implemented|added|created|fixed|updated|wrote|written|refactored|changed|removed|completed|finished|applied|corrected|works now|all set)\b/i;
const NOTHING_TO_DO = /\balready\b|\bnothing (?:to|left to|needs? to|had to)\b|\bno (?:code |further )?changes? (?:(?:is|are|was|were) )?(?:needed|necessary|required|made)\b|\bunchanged\b/i;

/** The sentence that claims something was changed; none where the text says that nothing had to be. */
export const claimOfWork = (text: string): string | undefined => (NOTHING_TO_DO.test(text) ? undefined : sentencesOf(text).find((one) => DID.test(one)));

const PASS = /\b(?:tests?|specs?|suites?|checks?)\s+(?:\w+\s+){0,2}?(?:pass(?:es|ed|ing)?|succeed(?:s|ed)?|(?:is|are) green)\b|\b\d+ (?:tests? )?pass(?:ed|ing)\b/i;
const RAN = /\bI(?:'ve| have)?\s+(?:also\s+|then\s+)?(?:re-?)?(?:ran|run|executed)\b[^.]{0,60}(?:\btests?\b|\bsuite\b|\bchecks?\b|\bnpm\b|\bpytest\b|\bcargo\b)/i;
const HEDGED = /\b(?:should|would|will|if|so that|until|make sure|ensure|expect(?:ed)?|once|must|not|fail\w*|could|before)\b|n't\b/i;

export interface TestClaim {
  sentence: string;
  /** Not only that they ran. */
  passed: boolean;
}

export function claimOfTests(text: string): TestClaim | undefined {
  for (const sentence of sentencesOf(text)) {
    if (HEDGED.test(sentence)) continue;
    if (PASS.test(sentence)) return { sentence, passed: true };
    if (RAN.test(sentence)) return { sentence, passed: false };
  }
  return undefined;
}

/** Generous: what may have run tests supports a claim. */
const RUNS_TESTS = [
  /\b(?:npm|pnpm|yarn|bun|deno)\b[^&|;]*\b(?:t|test|check|verify|spec|ci)\b/i,
  /\b(?:jest|vitest|mocha|ava|tap|pytest|unittest|tox|nox|rspec|minitest|phpunit|ctest|bats|playwright|cypress|karma)\b/i,
  /\b(?:go|cargo|dotnet|mix|swift|sbt|lein|stack|cabal|zig|flutter|dart|rails)\b[^&|;]*\b(?:test|nextest)\b/i,
  /\b(?:mvnw?|gradlew?|bazel|g?make|rake|just|task)\b/i,
  /--test\b|\btests?[/.:_-]|[/._-]tests?\b/i,
];

export const runsTests = (command: string, checks: readonly string[]): boolean =>
  RUNS_TESTS.some((pattern) => pattern.test(command)) || checks.some((check) => command.includes(check.trim()));
