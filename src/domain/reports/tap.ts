/** TAP 12 to 14, as `node --test --test-reporter tap`, tap, prove, bats and others print it. Only what has no subtests is counted. */
import { Parser, type FinalResults, type Result } from 'tap-parser';
import { NotReadable, tally, type Tally, type TestCase } from './tally.ts';

/** Throws `NotReadable`. */
export function readTap(text: string): Tally {
  const cases: TestCase[] = [];
  const parser = new Parser();
  parser.on('result', ({ ok, skip, todo, fullname }: Result) => {
    cases.push({ name: fullname, result: skip || todo ? 'skipped' : ok ? 'passed' : 'failed' });
  });
  let final: FinalResults | undefined;
  parser.on('complete', (results: FinalResults) => {
    final = results;
  });
  const lines = withoutDiagnostics(text);
  if (lines.some((line) => TOO_DEEP.test(line))) throw new NotReadable(`it has subtests on more than ${MOST_LEVELS} levels`);
  parser.end(lines.join('\n'));
  // The parser makes a plan up where there is none.
  const planned = lines.some((line) => PLAN.test(line));
  if (!final || (cases.length === 0 && !planned && !final.bailout)) throw new NotReadable('there is no TAP in it');
  return tally([...cases, ...brokenOff(final, cases.length > 0 && !planned)]);
}

/** What ended before its plan was fulfilled is a failed test more. */
function brokenOff({ bailout, failures }: FinalResults, hasNoPlan: boolean): TestCase[] {
  if (bailout) return [{ name: `Bail out! ${String(bailout)}`, result: 'failed' }];
  if (hasNoPlan) return [{ name: 'TAP: it ends without a plan', result: 'failed' }];
  const unnamed = failures.filter((failure) => !('fullname' in failure) && failure.tapError);
  return unnamed.map(({ tapError }) => ({ name: `TAP: ${String(tapError)}`, result: 'failed' }));
}

const PLAN = /^\d+\.\.\d+(?:\s*#.*)?\s*$/;
/** Each level costs the parser a look at every line below it. */
const MOST_LEVELS = 20;
const TOO_DEEP = new RegExp(`^ {${4 * MOST_LEVELS + 1},}(?:# Subtest|ok|not ok|\\d+\\.\\.\\d)`);
const OPENS = /^( +)---$/;

/** YAML between `---` and `...`, or up to a line that is less indented, is for people: nobody has to parse what a test may have printed there. */
function withoutDiagnostics(text: string): string[] {
  let indent: string | undefined;
  return text.split(/\r?\n/).filter((line) => {
    if (indent === undefined) {
      indent = OPENS.exec(line)?.[1];
      return indent === undefined;
    }
    const isInside = line.startsWith(indent) || line.trim() === '';
    if (!isInside || line === `${indent}...`) indent = undefined;
    return !isInside;
  });
}
