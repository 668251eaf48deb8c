/** One text for one value: keys sorted, no spaces. What hashes of plans are taken from. Package-free. */

/** JSON of plain data; `undefined` members are left out as in JSON.stringify. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (isMapping(member) ? sorted(member) : member));
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// A null prototype keeps `__proto__` an ordinary key.
function sorted(mapping: Record<string, unknown>): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(mapping).sort()) copy[key] = mapping[key];
  return copy;
}
