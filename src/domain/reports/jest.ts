/** The JSON of `jest --json` and of vitest's json reporter, which has the same shape; by itself or on a line among other output. */
import * as z from 'zod';
import { NotReadable, tally, type Tally, type TestCase } from './tally.ts';

const STATUS = { passed: 'passed', failed: 'failed', pending: 'skipped', skipped: 'skipped', todo: 'skipped', disabled: 'skipped' } as const;

const assertion = z.object({
  fullName: z.string().optional(),
  ancestorTitles: z.array(z.string()).default([]),
  title: z.string().default(''),
  status: z.enum(Object.keys(STATUS) as (keyof typeof STATUS)[]),
  numPassingAsserts: z.number().nullish(),
});

const file = z.object({ name: z.string(), status: z.string(), assertionResults: z.array(assertion) });

const report = z.object({ testResults: z.array(file) });

type Report = z.infer<typeof report>;

/** `root`: the workspace, taken off the names of files. Throws `NotReadable`. */
export function readJest(text: string, root: string): Tally {
  return tally(findReport(text).testResults.flatMap((one) => casesOf(one, root)));
}

function casesOf({ name, status, assertionResults }: Report['testResults'][number], root: string): TestCase[] {
  const path = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
  const cases = assertionResults.map((one): TestCase => ({
    name: [path, ...one.ancestorTitles, one.title || one.fullName].filter(Boolean).join(' › '),
    result: STATUS[one.status],
    ...(typeof one.numPassingAsserts === 'number' && { assertions: one.numPassingAsserts }),
  }));
  const isBroken = status === 'failed' && !cases.some(({ result }) => result === 'failed');
  // It could not be loaded, or what surrounds its tests failed.
  return isBroken ? [...cases, { name: `${path} (file)`, result: 'failed' }] : cases;
}

/** The last of several: a command may run jest more than once, but then the plan should name a file each. */
function findReport(text: string): Report {
  let wrong = 'there is no JSON of jest or vitest in it';
  for (const candidate of candidates(text)) {
    const parsed = report.safeParse(parseJson(candidate));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    if (parseJson(candidate) !== undefined && issue) wrong = `its JSON is not that of jest or vitest: ${issue.path.join('.')} ${issue.message}`.slice(0, 300);
  }
  throw new NotReadable(wrong);
}

/** The whole, then from the first brace at a line's start to the last, then every such line by itself from the last on. */
function* candidates(text: string): Generator<string> {
  yield text;
  const begin = text.search(/^\{/m);
  if (begin < 0) return;
  yield text.slice(begin, text.lastIndexOf('}') + 1);
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  yield* lines.slice(-MOST_LINES).reverse();
}

const MOST_LINES = 20;

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
