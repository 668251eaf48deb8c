/** Refuses a spec that could not be carried out, before anything is written. */
import { isAbsolute, normalize } from 'node:path';
import type { RunSpec, StartRun } from '../../domain/host-api.ts';
import { HostError } from '../host-error.ts';
import { RESERVED_NAMES } from './run-files.ts';

const ENVIRONMENT_NAME = /^[^=\0]+$/;

export function checkSpec({ spec, secrets }: StartRun): void {
  if (typeof spec !== 'object' || spec === null) throw new HostError('bad_input', 'spec is missing');
  if (!spec.command) throw new HostError('bad_input', 'spec.command is empty');
  if (!isAbsolute(spec.cwd)) throw new HostError('bad_input', `spec.cwd must be an absolute path, got ${JSON.stringify(spec.cwd)}`);
  for (const name of [...Object.keys(spec.env), ...spec.inherit, ...Object.keys(secrets)]) {
    if (!ENVIRONMENT_NAME.test(name)) throw new HostError('bad_input', `${JSON.stringify(name)} is no name of an environment variable`);
  }
  if (spec.moreInput && Object.keys(spec.moreInput.until).length === 0) throw new HostError('bad_input', 'spec.moreInput.until is empty: its input would never end');
  spec.files.forEach(({ path }) => checkFile(path));
  checkLimits(spec.limits);
  if (spec.collect) checkCollect(spec.collect.glob);
}

function checkCollect(glob: string): void {
  const isInside = typeof glob === 'string' && glob !== '' && !isAbsolute(glob) && !glob.split('/').includes('..') && !glob.includes('\0');
  if (!isInside) throw new HostError('bad_input', `spec.collect.glob must be below the working directory, got ${JSON.stringify(glob)}`);
}

function checkFile(path: string): void {
  const [first = ''] = normalize(path).split('/');
  const taken = RESERVED_NAMES.has(first) || first.startsWith('.') || first.startsWith('s.');
  if (isAbsolute(path) || taken || path.includes('\0')) throw new HostError('bad_input', `spec.files: ${JSON.stringify(path)} is not a free name in the run directory`);
}

function checkLimits(limits: RunSpec['limits']): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value < 0) throw new HostError('bad_input', `spec.limits.${name} must be a number, 0 or more`);
  }
}
