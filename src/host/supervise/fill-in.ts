/** `{{RUN_DIR}}`, `{{GATE_URL}}` and `{{GATE_TOKEN}}` in a spec, and the run's own files. One pass: a value is never searched again. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RunFile, RunSpec } from '../../domain/host-api.ts';

export interface Places {
  RUN_DIR: string;
  GATE_URL?: string;
  GATE_TOKEN?: string;
}

/** Command and arguments know the run directory alone: they can be read by every user of the host. */
export function fillIn(spec: RunSpec, places: Places): RunSpec {
  const open = (text: string): string => replaceAll(text, { RUN_DIR: places.RUN_DIR });
  const secret = (text: string): string => replaceAll(text, places);
  return {
    ...spec,
    command: open(spec.command),
    args: spec.args.map(open),
    env: Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, secret(value)])),
    files: spec.files.map(({ path, content }) => ({ path, content: secret(content) })),
  };
}

const replaceAll = (text: string, places: Partial<Places>): string =>
  text.replaceAll(/\{\{(RUN_DIR|GATE_URL|GATE_TOKEN)\}\}/g, (found, name: keyof Places) => places[name] ?? found);

/** Paths are relative to the working directory, which is the run directory. */
export async function writeRunFiles(files: RunFile[]): Promise<void> {
  for (const { path, content } of files) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600 });
  }
}
