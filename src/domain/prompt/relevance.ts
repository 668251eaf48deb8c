/** Which changed files tell a reviewer most about the work. Package-free. */

/** Its name says that a program wrote it. */
const GENERATED = /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|go\.sum|[^/]*\.lock|[^/]*\.(min\.(js|css)|map|snap|svg|pb\.go)|dist|build|vendor|node_modules|__snapshots__)(\/|$)/;
const TESTS = /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.[^/]+$|(^|\/)test_[^/]+\.py$/;
const TEXTS = /\.(md|txt|rst|ya?ml|json|toml|ini|cfg)$/i;

/** A shorter name, such as `a.js`, would be found anywhere. */
const MIN_NAME = 6;

/**
 * 0: the task names the file; 1: source; 2: tests; 3: texts and configuration; 4: generated, whatever names it. `named` is
 * the text of instructions and acceptance criteria.
 */
export function rankOf(path: string, named: string): number {
  if (GENERATED.test(path)) return 4;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (named.includes(path) || (name.length >= MIN_NAME && named.includes(name))) return 0;
  if (TESTS.test(path)) return 2;
  return TEXTS.test(path) ? 3 : 1;
}
