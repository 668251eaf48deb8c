/** Last words of agents: what is an admission, a claim, a question, and what only looks like one. */
import { describe, expect, test } from '@jest/globals';
import { validateStream, type Around } from '../../../src/domain/stream-validation.ts';
import { admission, claimOfTests, claimOfWork, lastQuestion, refusal, runsTests } from '../../../src/domain/validation/words.ts';

const YES: Record<string, [(text: string) => unknown, string[]]> = {
  admission: [admission, [
    'I could not finish the parser.', 'I was unable to get the tests to pass.', "I wasn't able to fix the bug.", 'I’m sorry, but I did not complete the task.',
    'Unable to complete the migration.', 'The task remains incomplete.', 'I ran out of time.', 'We have not implemented the second half.',
  ]],
  refusal: [refusal, ["I can't help with that.", 'I cannot do this.', 'I must decline.']],
  claimOfWork: [claimOfWork, ['Done.', 'I have implemented the feature.', 'Fixed the bug in slug.js.']],
  lastQuestion: [lastQuestion, ['Which database should I use?', 'I looked around. Shall I go on?']],
  claimOfTests: [claimOfTests, ['All tests pass.', 'I ran npm test.', "I've run the test suite.", 'The tests now pass!', '12 passed', 'All 14 tests are passing.']],
};

const NO: Record<string, [(text: string) => unknown, string[]]> = {
  admission: [admission, [
    'I could not find anything else to change.', 'It could not be simpler.', 'At first I could not get it to work, then I found the reason.', 'The old code did not complete the word.',
    'Fixed.\n```\n// I could not finish\n```', 'It is complete.', 'Requests that cannot complete are retried.',
  ]],
  refusal: [refusal, ['It cannot be null.', 'The parser will not help here.']],
  claimOfWork: [claimOfWork, ['The fix was already there.', 'No changes are needed.', 'Nothing to do: it was added last week.', 'I see three functions.']],
  lastQuestion: [lastQuestion, ['Is it so? Yes.', '']],
  claimOfTests: [claimOfTests, ['The tests should pass now.', 'Run npm test to make sure that all tests pass.', 'Tests do not pass yet.', 'I wrote two tests.', 'If the tests pass, merge it.']],
};

describe.each(Object.entries(YES))('%s', (name, [find, texts]) => {
  test.each(texts)('%s', (text) => expect(find(text)).toBeDefined());
  test.each(NO[name]?.[1] ?? [])('not: %s', (text) => expect(find(text)).toBeUndefined());
});

test('commands that may have run tests', () => {
  const yes = ['npm test', 'npm run test:ascii', 'npx jest -t a', 'python -m pytest', 'go test ./...', 'cargo nextest run', './gradlew check', 'node --test', 'sh test/run.sh', 'make'];
  expect(yes.filter((command) => !runsTests(command, []))).toEqual([]);
  expect(['ls', 'git status', 'node src/slug.js', 'npm install', 'cat latest.txt'].filter((command) => runsTests(command, []))).toEqual([]);
  expect(runsTests('cd x && ./verify.sh --all', ['./verify.sh'])).toBe(true);
});

describe('what a stream is worth', () => {
  const around: Around = { created: [], outside: [], changed: [], workBefore: false, checks: [] };
  const look = (said: string, changedFiles: number, more: Partial<Around> = {}, commands: { command: string; failed: boolean }[] = []): string => {
    const stream = { toolCalls: 3, denials: [], bypasses: [], resultText: said, openCall: null, outcome: { kind: 'completed' as const, text: said }, commands };
    const { valid, findings } = validateStream(stream, changedFiles, { ...around, ...more });
    return [valid ? 'valid' : 'invalid', ...findings.map(({ kind }) => kind)].join(' ');
  };
  test.each([
    ['a claim of work without a change', look('I have fixed it.', 0), 'invalid nothingChanged'],
    ['the same after an attempt that left work', look('I have fixed it.', 0, { workBefore: true }), 'valid'],
    ['code in words', look('Put this in:\n```\nx\n```', 0), 'invalid notApplied'],
    ['a question and no change', look('Which one?', 0), 'invalid onlyQuestions'],
    ['a question after work', look('Written. Shall I document it?', 1), 'valid'],
    ['a refusal in words', look("I can't help with that.", 0), 'invalid couldNotFinish'],
    ['an admission after work', look('I could not finish the second half.', 2), 'invalid couldNotFinish'],
    ['written and undone', look('Hm.', 0, { created: ['a.js'] }), 'invalid undone'],
    ['written and undone in part', look('Hm.', 1, { created: ['a.js', 'b.js'], changed: ['b.js'] }), 'valid partlyUndone'],
    ['only in another folder', look('Hm.', 0, { outside: ['/tmp/other/a.js'] }), 'invalid elsewhere'],
    ['in another folder too', look('Hm.', 1, { outside: ['/tmp/other/a.js'], changed: ['b.js'] }), 'valid outside'],
    ['the workspace by another name', look('Hm.', 1, { outside: ['/real/w/src/a.js'], changed: ['src/a.js'] }), 'valid'],
    ['tests claimed, none run', look('All tests pass.', 1), 'valid unsupportedClaim'],
    ['tests claimed, and run', look('All tests pass.', 1, {}, [{ command: 'npm test', failed: false }, { command: 'ls', failed: true }]), 'valid'],
    ['tests claimed to pass, and they failed', look('All tests pass.', 1, {}, [{ command: 'npm test', failed: true }]), 'valid unsupportedClaim'],
    ['said to have run, and they failed', look('I ran the tests.', 1, {}, [{ command: 'npm test', failed: true }]), 'valid'],
  ])('%s', (_, seen, expected) => expect(seen).toBe(expected));
});
