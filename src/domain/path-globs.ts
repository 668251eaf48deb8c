/** Globs of the plan against paths in the workspace, both relative to it. */
import picomatch from 'picomatch';
import { widen } from './gate/paths.ts';

/** True for a path that a glob names, for all below it, and at any depth where the glob has no slash. */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  return picomatch(globs.flatMap((glob) => widen(glob.replace(/^(\.?\/)+/, ''))), { dot: true, nonegate: true });
}
