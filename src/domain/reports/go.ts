/** `go test -json`: one event a line. Lines that are none are passed over: a build that fails talks between them. */
import * as z from 'zod';
import { NotReadable, tally, type Tally, type TestCase } from './tally.ts';

const event = z.object({ Action: z.string(), Package: z.string(), Test: z.string().optional() });

const ENDS: Readonly<Record<string, TestCase['result']>> = { pass: 'passed', fail: 'failed', skip: 'skipped' };

/** Undefined: begun and not ended. */
type Results = Map<string, TestCase['result'] | undefined>;

/** Throws `NotReadable`. */
export function readGo(text: string): Tally {
  const packages = new Map<string, { result: TestCase['result'] | undefined; tests: Results }>();
  for (const { Action, Package, Test } of eventsOf(text)) {
    const known = packages.get(Package) ?? { result: undefined, tests: new Map() as Results };
    packages.set(Package, known);
    if (Test !== undefined) note(known.tests, Test, Action);
    else if (Action in ENDS && known.result !== 'failed') known.result = ENDS[Action];
  }
  if (packages.size === 0) throw new NotReadable('there is no event of go test -json in it');
  return tally([...packages].flatMap(([name, { result, tests }]) => casesOf(name, result, tests)));
}

function* eventsOf(text: string): Generator<z.infer<typeof event>> {
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    const parsed = event.safeParse(parseJson(line));
    if (parsed.success) yield parsed.data;
  }
}

/** With `-count` a test runs more than once: one failure is enough. */
function note(tests: Results, name: string, action: string): void {
  const end = ENDS[action];
  if (!tests.has(name)) tests.set(name, undefined);
  if (end !== undefined && tests.get(name) !== 'failed') tests.set(name, end);
}

/** The package itself is a failed test when none of its tests explains why it did not pass. */
function casesOf(name: string, result: TestCase['result'] | undefined, tests: Results): TestCase[] {
  const cases = leaves(tests).map(([test, end]): TestCase => ({ name: `${name} › ${test}`, result: end ?? 'failed' }));
  const isOver = result === 'passed' || result === 'skipped';
  return isOver || cases.some((one) => one.result === 'failed') ? cases : [...cases, { name: `${name} (package)`, result: 'failed' }];
}

/** A test with subtests only repeats them, unless it failed by itself. */
function leaves(tests: Results): [string, TestCase['result'] | undefined][] {
  const failedBelow = new Set<string>();
  const parents = new Set<string>();
  for (const [test, end] of tests) {
    for (let at = test.lastIndexOf('/'); at > 0; at = test.lastIndexOf('/', at - 1)) {
      const above = test.slice(0, at);
      parents.add(above);
      if (end === undefined || end === 'failed') failedBelow.add(above);
    }
  }
  return [...tests].filter(([test, end]) => !parents.has(test) || ((end === undefined || end === 'failed') && !failedBelow.has(test)));
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
