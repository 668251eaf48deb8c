/** Counts what a source file asserts. Package-free. */
import { languageOf, type Language } from './languages.ts';
import { blank, type Blanked } from './source-text.ts';

export interface TestCase {
  /** Null where it cannot be read. */
  name: string | null;
  /** Its code without name, blanks and comments: a test that only has another name has the same. */
  body: string;
}

export interface FileTests {
  tests: TestCase[];
  assertions: number;
  skips: number;
  focuses: number;
}

export const NO_TESTS: FileTests = { tests: [], assertions: 0, skips: 0, focuses: 0 };

/** Of a language nobody knows: nothing. */
export function countTests(path: string, text: string): FileTests {
  const language = languageOf(path);
  if (!language) return NO_TESTS;
  const blanked = blank(text, language.comments);
  const count = (pattern: RegExp | null): number => (pattern ? [...blanked.bare.matchAll(pattern)].length : 0);
  return {
    tests: casesOf(blanked, language), assertions: count(language.assertions), skips: count(language.skips), focuses: count(language.focuses),
  };
}

function casesOf({ code, bare }: Blanked, language: Language): TestCase[] {
  const found = [...bare.matchAll(language.tests)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  return found.map(({ end }, n) => {
    const { name, end: nameEnd } = nameAt(code, end, language.name);
    return { name, body: code.slice(nameEnd, found[n + 1]?.start).replaceAll(/\s+/g, '') };
  });
}

function nameAt(code: string, at: number, pattern: RegExp): { name: string | null; end: number } {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = at;
  const found = sticky.exec(code);
  return found ? { name: found[2] ?? found[4] ?? null, end: at + found[0].length } : { name: null, end: at };
}
