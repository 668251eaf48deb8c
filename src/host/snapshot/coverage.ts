/** Which paths a checkpoint leaves out: what `exclude` names, but for what `include` brings back. */
import picomatch from 'picomatch';

const OPTIONS = { dot: true, nonegate: true };

const plain = (glob: string): string => glob.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');

/** Where a folder that is left out has to be looked into, all else in it stays out. */
const withAllBelow = (glob: string): string[] => [plain(glob), `${plain(glob)}/**`];

/** A folder on the way to what the glob names, which has to be looked into; `**` stands only at a glob's end. */
function leadsTo(glob: string): (path: string) => boolean {
  const matchers = glob.split('/').slice(0, -1).map((part) => picomatch(part, OPTIONS));
  return (path) => {
    const parts = path.split('/');
    return parts.length <= matchers.length && parts.every((part, n) => matchers[n]?.(part));
  };
}

/** Globs are relative to the workspace; one that matches a folder stands for all of it. */
export function leftOut(exclude: readonly string[], include: readonly string[] = []): (path: string) => boolean {
  if (exclude.length === 0) return () => false;
  if (include.length === 0) return picomatch(exclude.map(plain), OPTIONS);
  const isExcluded = picomatch(exclude.flatMap(withAllBelow), OPTIONS);
  const isIncluded = picomatch(include.flatMap(withAllBelow), OPTIONS);
  const leads = include.map((glob) => leadsTo(plain(glob)));
  return (path) => isExcluded(path) && !isIncluded(path) && !leads.some((one) => one(path));
}
