/**
 * JUnit XML, as pytest, Maven, Gradle, ctest, jest-junit and many others write it. Read as a stream: no tree is built, the document's
 * own entities are an error and never expanded, nothing outside the text is looked at.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { NotReadable, tally, type Tally, type TestCase } from './tally.ts';

const ROOTS = ['testsuites', 'testsuite'];
const NUMBER = /^\d{1,9}$/;

const numberIn = (tag: SaxesTagPlain, name: string): number | undefined => {
  const value = tag.attributes[name];
  return value !== undefined && NUMBER.test(value) ? Number(value) : undefined;
};

/** Failures that a suite says it had; undefined when it does not say. */
function saidToFail(tag: SaxesTagPlain): number | undefined {
  const [failures, errors] = [numberIn(tag, 'failures'), numberIn(tag, 'errors')];
  return failures === undefined && errors === undefined ? undefined : (failures ?? 0) + (errors ?? 0);
}

class Document {
  readonly cases: TestCase[] = [];
  /** As the outermost suites say. */
  said = 0;
  readonly #open: string[] = [];
  readonly #suites: string[] = [];
  /** Depth of the element that has said how many failed. */
  #saidAt = Number.POSITIVE_INFINITY;
  #case: TestCase | undefined;

  enter(tag: SaxesTagPlain): void {
    const { name } = tag;
    if (this.#open.length === 0 && !ROOTS.includes(name)) throw new NotReadable(`it is XML, but its outermost element is <${name.slice(0, 40)}>, not <testsuites> or <testsuite>`);
    this.#open.push(name);
    if (ROOTS.includes(name)) this.#enterSuite(tag);
    else if (name === 'testcase') this.#case = this.#caseOf(tag);
    else if (name === 'failure' || name === 'error') this.#failed();
    else if (name === 'skipped' && this.#case?.result === 'passed') this.#case.result = 'skipped';
  }

  leave(): void {
    const name = this.#open.pop();
    if (this.#open.length < this.#saidAt) this.#saidAt = Number.POSITIVE_INFINITY;
    if (name === 'testsuite') this.#suites.pop();
    if (name !== 'testcase' || !this.#case) return;
    this.cases.push(this.#case);
    this.#case = undefined;
  }

  #enterSuite(tag: SaxesTagPlain): void {
    if (tag.name === 'testsuite') this.#suites.push(tag.attributes['name'] ?? '');
    const said = saidToFail(tag);
    // The elements below it are part of what it says.
    if (said === undefined || this.#open.length > this.#saidAt) return;
    this.said += said;
    this.#saidAt = this.#open.length;
  }

  #caseOf(tag: SaxesTagPlain): TestCase {
    const assertions = numberIn(tag, 'assertions');
    const above = tag.attributes['classname'] || this.#suites.at(-1) || tag.attributes['file'];
    return { name: [above, tag.attributes['name']].filter(Boolean).join(' › '), result: 'passed', ...(assertions !== undefined && { assertions }) };
  }

  /** Beside every test it is the suite itself that failed. */
  #failed(): void {
    if (this.#case) this.#case.result = 'failed';
    else if (this.#open.length > 1) this.cases.push({ name: `${this.#suites.at(-1) ?? ''} (suite)`, result: 'failed' });
  }
}

/** Throws `NotReadable`. */
export function readJunit(text: string): Tally {
  const document = new Document();
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new NotReadable(`it is not whole XML: ${error.message.slice(0, 200)}`);
  });
  parser.on('opentag', (tag) => document.enter(tag));
  parser.on('closetag', () => document.leave());
  parser.write(text).close();
  return withUnnamed(tally(document.cases), document.said);
}

/** A report that counts more failures than it lists is believed: the rest has no name. */
function withUnnamed(listed: Tally, said: number): Tally {
  const { counts } = listed;
  const more = said - counts.failed;
  if (more <= 0) return listed;
  return { ...listed, complete: false, counts: { ...counts, failed: said, passed: Math.max(0, counts.passed - more), total: Math.max(counts.total, said + counts.skipped) } };
}
