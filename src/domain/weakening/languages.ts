/**
 * What a test, an assertion, a skipped test look like, by language. Patterns are held against source text whose comments and string
 * contents are blanked, so they never match inside those. They count, they do not understand: see docs/security.md.
 */

export interface Language {
  /** Files of it, by path. */
  files: RegExp;
  /** Files of it that hold tests; null: any may. */
  testFiles: RegExp | null;
  /** What blanking needs to know. */
  comments: { line: readonly string[]; block: readonly (readonly [string, string])[]; quotes: readonly string[] };
  tests: RegExp;
  /** Held against the text right behind a test, strings kept: its first group is the name. */
  name: RegExp;
  assertions: RegExp;
  skips: RegExp;
  /** Marks that leave out all other tests. */
  focuses: RegExp | null;
}

const C_LIKE = { line: ['//'], block: [['/*', '*/']], quotes: ['"', "'"] } as const;
/** A quote is also a lifetime or a rune there: only double ones begin a string. */
const RUST_LIKE = { line: ['//'], block: [['/*', '*/']], quotes: ['"'] } as const;

const JAVASCRIPT: Language = {
  files: /\.[cm]?[jt]sx?$/,
  testFiles: /(^|\/)(__tests__|tests?|specs?|e2e|cypress)\/|[._-](test|spec|e2e|cy)\.[^/]*$|(^|\/)tests?([._-][^/]*)?\.[^/.]+$/i,
  comments: C_LIKE,
  tests: /(?<![.\w$])(?:(?:it|test|specify|fit|xit|xtest|xspecify)(?:\.(?!describe|before|after|use\b|step|extend|mock|suite)\w+)*|[tT]\.test)(?:\([^()]*\))?\s*(?=[(`])/g,
  name: /(?:`[^`]*`\s*)?\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/y,
  assertions: /(?<![\w$])(?:expect|assert)(?:\.\w+)*\s*\(|\.should\b|(?<![\w$])t\.(?:is|ok|not|equal|deepEqual|like|same|strictEqual|true|false|throws|throwsAsync|rejects|regex|match|notThrows|snapshot)\(/g,
  skips: /(?<![\w$])(?:xit|xtest|xspecify|xdescribe|xcontext)\b|(?<![\w$])(?:it|test|specify|describe|context|suite)(?:\.\w+)*?\.(?:skip|skipIf|runIf|todo|fixme|failing|fails)\b|\b(?:this|t|ctx)\.(?:skip|todo)\s*\(|\b(?:skip|todo)\s*:(?=\s*(?:true\b|[\"'`!]|process\b|is[A-Z]))/g,
  focuses: /(?<![\w$])(?:fit|fdescribe|fcontext)\b|(?<![\w$])(?:it|test|specify|describe|context|suite)(?:\.\w+)*?\.only\b|\bonly\s*:\s*true\b/g,
};

const PYTHON: Language = {
  files: /\.py$/,
  testFiles: /(^|\/)tests?\/|(^|\/)(test_[^/]*|[^/]*_tests?|tests?)\.py$/,
  comments: { line: ['#'], block: [['"""', '"""'], ["'''", "'''"]], quotes: ['"', "'"] },
  tests: /^[ \t]*(?:async[ \t]+)?def[ \t]+(?=test)/gm,
  name: /()(\w+)/y,
  assertions: /(?<!\w)assert\b|\.assert\w+\s*\(|\bpytest\.(?:raises|warns)\b|\bself\.fail\w*\s*\(/g,
  skips: /\bmark\.(?:skip|skipif|xfail)\b|\bunittest\.(?:skip\w*|expectedFailure)\b|@(?:skip\w*|expectedFailure)\b|\bpytest\.(?:skip|xfail|importorskip)\s*\(|\.skipTest\s*\(|\bSkipTest\b|^[ \t]*__test__[ \t]*=[ \t]*False|\bcollect_ignore\w*/gm,
  focuses: null,
};

const GO: Language = {
  files: /\.go$/,
  testFiles: /_test\.go$/,
  comments: RUST_LIKE,
  tests: /^func[ \t]+(?:\([^)]*\)[ \t]*)?(?=(?:Test|Fuzz|Example)\w*\()|\b[tb]\.Run(?=\()/gm,
  name: /(?:\(\s*"()([^"]*)"|()(\w+))/y,
  assertions: /\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require|is|qt)\.\w+\(|\bcmp\.Diff\(/g,
  skips: /\b[tbf]\.Skip\w*\(|\btesting\.Short\(/g,
  focuses: null,
};

const RUST: Language = {
  files: /\.rs$/,
  testFiles: null,
  comments: RUST_LIKE,
  tests: /#\[(?:\w+::)*(?:test|rstest|test_case|quickcheck|wasm_bindgen_test)\b[^\]]*\]/g,
  name: /(?:\s*#\[[^\]]*\])*\s*(?:pub\s+)?(?:async\s+)?fn()\s+(\w+)/y,
  assertions: /\b(?:debug_)?(?:assert|prop_assert)(?:_\w+)?!/g,
  skips: /#\[ignore\b|#\[cfg_attr\([^\]]*\bignore\b/g,
  focuses: null,
};

const JVM: Language = {
  files: /\.(java|kt|kts|scala|groovy)$/,
  testFiles: /(^|\/)(test|tests|androidTest|it)\/|(Test|Tests|IT|Spec)\.\w+$|(^|\/)Test\w+\.\w+$/,
  comments: { line: ['//'], block: [['"""', '"""'], ['/*', '*/']], quotes: ['"', "'"] },
  tests: /@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b(?:\([^)]*\))?/g,
  name: /(?:\s*@[\w.]+(?:\([^)]*\))?)*[\w<>[\],\s]*?()(\w+|`[^`]+`)\s*\(/y,
  assertions: /\b(?:assert\w*|verify|fail|expectThrows)\s*\(|\.(?:should\w*)\b/g,
  skips: /@(?:\w+\.)*(?:Disabled\w*|Ignore|EnabledIf\w*|EnabledOn\w*)\b|\b(?:assume\w*|abort)\s*\(/g,
  focuses: null,
};

const CSHARP: Language = {
  files: /\.(cs|fs|vb)$/,
  testFiles: /tests?\b[^/]*\//i,
  comments: C_LIKE,
  tests: /\[(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod)\b[^\]]*\]/g,
  name: /(?:\s*\[[^\]]*\])*[\w<>\s]*?()(\w+)\s*\(/y,
  assertions: /\b(?:Assert|CollectionAssert|StringAssert)\.\w+|\.Should\w*\(/g,
  skips: /\bSkip\s*=|\[(?:Ignore|Explicit)\b|\bAssert\.(?:Ignore|Inconclusive)\b/g,
  focuses: null,
};

const RUBY: Language = {
  files: /\.rb$/,
  testFiles: /(^|\/)(specs?|tests?)\/|_(spec|test)\.rb$/,
  comments: { line: ['#'], block: [['\n=begin', '\n=end']], quotes: ['"', "'"] },
  tests: /^[ \t]*(?:def[ \t]+(?=test_)|(?:it|fit|xit|specify|xspecify|example|scenario|test)(?=[ \t(]*["'{]|[ \t]+do\b))/gm,
  name: /[ \t(]*(?:(["'])([^\n]*?)\1|()(\w+))/y,
  assertions: /\bexpect\b|\b(?:assert|refute)\w*|\b(?:must|wont)_\w+|\.should\b/g,
  skips: /^[ \t]*(?:xit|xspecify|xdescribe|xcontext|pending|skip)\b|\b(?:skip|pending):(?!\s*false\b)|,\s*:(?:skip|pending)\b/gm,
  focuses: /^[ \t]*(?:fit|fdescribe|fcontext)\b|\bfocus:\s*true\b|,\s*:focus\b/gm,
};

const PHP: Language = {
  files: /\.php$/,
  testFiles: /(^|\/)tests?\/|Test\.php$/i,
  comments: { line: ['//'], block: [['/*', '*/']], quotes: ['"', "'"] },
  tests: /\bfunction[ \t]+(?=test)|#\[Test\]|^[ \t]*(?:it|test)(?=\()/gm,
  name: /\(\s*(["'])([^\n]*?)\1|[\s\w]*?()(\w+)\s*\(/y,
  assertions: /(?:->|::)assert\w+\(|\bexpect\w*\(/g,
  skips: /\bmarkTest(?:Skipped|Incomplete)\b|->(?:skip|todo)\(|#\[(?:Requires\w*)/g,
  focuses: /->only\(/g,
};

const ELIXIR: Language = {
  files: /\.exs?$/,
  testFiles: /(^|\/)test\/|_test\.exs$/,
  comments: { line: ['#'], block: [['"""', '"""']], quotes: ['"'] },
  tests: /^[ \t]*(?:test|property)(?=[ \t(]*")/gm,
  name: /[ \t(]*(")([^\n]*?)"/y,
  assertions: /\b(?:assert|refute)\w*/g,
  skips: /@(?:module)?tag[ \t]+:?skip\b/g,
  focuses: null,
};

const LANGUAGES: readonly Language[] = [JAVASCRIPT, PYTHON, GO, RUST, JVM, CSHARP, RUBY, PHP, ELIXIR];

export const languageOf = (path: string): Language | undefined => LANGUAGES.find(({ files }) => files.test(path));

/** Whether tests of that file are counted. */
export function isTestFile(path: string): boolean {
  const language = languageOf(path);
  return language !== undefined && (language.testFiles === null || language.testFiles.test(path));
}
