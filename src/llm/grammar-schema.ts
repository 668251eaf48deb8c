/**
 * A JSON Schema as a model server's grammar can bear it. Lengths and counts become repetitions there: llama.cpp b7139 and its
 * followers refuse more than 2,000 of them, so that every review would fail; numeric bounds are ignored. The parser checks both.
 */

const BOUNDS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum', 'default', '$schema']);

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same shape without bounds; the schema itself is not changed. */
export function withoutBounds(schema: Json): Json {
  const kept = Object.entries(schema).filter(([keyword]) => !BOUNDS.has(keyword));
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, keyword === 'properties' ? eachProperty(value) : inside(value)]));
}

/** Names of properties are the user's, not keywords. */
const eachProperty = (value: unknown): unknown =>
  (isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, inside(schema)])) : value);

function inside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inside);
  return isObject(value) ? withoutBounds(value) : value;
}
