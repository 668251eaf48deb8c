import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every TypeScript file under a folder. */
export const sourceFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
