/** Looking into data that has not been checked yet. */
import type { YamlPath } from '../yaml-source.ts';

/** What is at `path`; undefined where the path leads nowhere. */
export function field(value: unknown, ...path: YamlPath): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

/** Items with their index; none when it is not a list. */
export const entries = (value: unknown): [unknown, number][] => (Array.isArray(value) ? value.map((item: unknown, n) => [item, n]) : []);

/** Every text in the data with its path, keys of mappings included. */
export function* texts(value: unknown, path: YamlPath = []): Generator<{ text: string; path: YamlPath }> {
  if (typeof value === 'string') yield { text: value, path };
  if (Array.isArray(value)) for (const [n, item] of value.entries()) yield* texts(item, [...path, n]);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield { text: key, path: [...path, key] };
      yield* texts(item, [...path, key]);
    }
  }
}
