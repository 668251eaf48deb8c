/** Breaks what the host program has stored, on purpose. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const filesBelow = (dir: string): string[] => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

/** Alters one byte of a stored content, in whatever file of the repository it lies: contents are stored uncompressed. */
export function damage(repository: string, content: string): void {
  const holders = filesBelow(join(repository, 'objects')).filter((file) => readFileSync(file).includes(content));
  if (holders.length === 0) throw new Error(`nothing in ${repository} holds ${JSON.stringify(content)}`);
  for (const file of holders) {
    const bytes = readFileSync(file);
    const at = bytes.indexOf(content);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    chmodSync(file, 0o600);
    writeFileSync(file, bytes);
  }
}

/** Replaces ids, as text and as bytes; false when there are none. */
export function replaceIds(file: string, ids: readonly (readonly [from: string, to: string])[]): boolean {
  const before = readFileSync(file, 'latin1');
  const raw = (id: string): string => Buffer.from(id, 'hex').toString('latin1');
  const after = ids.reduce((text, [from, to]) => text.replaceAll(from, to).replaceAll(raw(from), () => raw(to)), before);
  writeFileSync(file, after, 'latin1');
  return after !== before;
}
