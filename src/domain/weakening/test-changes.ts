/** Tests and assertions that are fewer, skips that are new, over all changed test files of a task. Pure; package-free. */
import { countTests, NO_TESTS, type FileTests, type TestCase } from './count-tests.ts';
import type { ChangedFile, Found } from './find-weakenings.ts';

interface Compared {
  /** The old path: that is the one that had the tests. */
  path: string;
  isGone: boolean;
  before: FileTests;
  after: FileTests;
  /** Tests of before that the file has no more; of after that it had not. */
  lost: TestCase[];
  gained: TestCase[];
}

export function testWeakenings(files: readonly ChangedFile[]): Found[] {
  const compared = files.map(compare);
  const gained = compared.flatMap((one) => one.gained);
  const fallen = total(compared, 'after') < total(compared, 'before');
  return compared.flatMap((one) => {
    const gone = unmatched(one.lost, gained);
    const isMoved = gone.length < one.lost.length;
    return [...removed(one, gone), ...(gone.length > 0 ? [] : fewerAssertions(one, isMoved, fallen)), ...marks(one)];
  });
}

const total = (compared: readonly Compared[], side: 'before' | 'after'): number => compared.reduce((sum, one) => sum + one[side].assertions, 0);

function compare({ path, from, before, after }: ChangedFile): Compared {
  const old = countOf(from ?? path, before);
  const now = countOf(path, after);
  const gained = [...now.tests];
  const lost = unmatched(old.tests, gained);
  return { path: from ?? path, isGone: after === null, before: old, after: now, lost, gained };
}

const countOf = (path: string, text: string | null): FileTests => (text === null ? NO_TESTS : countTests(path, text));

/** Tests that are not in `pool`, by name or else by body; what matches is taken out of it. */
function unmatched(tests: readonly TestCase[], pool: TestCase[]): TestCase[] {
  const take = (is: (one: TestCase) => boolean): boolean => {
    const at = pool.findIndex(is);
    if (at >= 0) pool.splice(at, 1);
    return at >= 0;
  };
  const unnamed = tests.filter(({ name }) => name === null || !take((one) => one.name === name));
  return unnamed.filter(({ body }) => !take((one) => one.body === body));
}

const MAX_NAMED = 3;

function removed({ path, isGone, before, after }: Compared, gone: readonly TestCase[]): Found[] {
  if (gone.length === 0) return [];
  const names = gone.flatMap(({ name }) => (name === null ? [] : [`"${name.slice(0, 80)}"`]));
  const listed = names.length === 0 ? '' : `: ${names.slice(0, MAX_NAMED).join(', ')}${gone.length > MAX_NAMED ? ' and more' : ''}`;
  const what = isGone ? `${path} is deleted, and` : `${path}:`;
  return [{
    kind: 'testsRemoved', path, before: before.tests.length, after: after.tests.length,
    text: `${what} ${gone.length} of its ${before.tests.length} tests ${gone.length === 1 ? 'is' : 'are'} gone${listed}.`,
  }];
}

/** Where tests went to another file, their assertions went along: then only the sum over all files counts. */
function fewerAssertions({ path, before, after }: Compared, isMoved: boolean, fallen: boolean): Found[] {
  if (before.tests.length === 0 || after.assertions >= before.assertions || (isMoved && !fallen)) return [];
  return [{
    kind: 'fewerAssertions', path, before: before.assertions, after: after.assertions,
    text: `${path} has ${after.assertions} assertions instead of ${before.assertions}.`,
  }];
}

function marks({ path, before, after }: Compared): Found[] {
  const more = (kind: 'testsSkipped' | 'testsFocused', name: 'skips' | 'focuses', what: string): Found[] =>
    after[name] > before[name]
      ? [{ kind, path, before: before[name], after: after[name], text: `${path} ${what} in ${after[name]} ${after[name] === 1 ? 'place' : 'places'} instead of ${before[name]}.` }] : [];
  return [...more('testsSkipped', 'skips', 'skips tests'), ...more('testsFocused', 'focuses', 'leaves out all other tests ("only")')];
}
