/** Reads a plan from the disk for the commands that take one. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Plan } from '../domain/plan.ts';
import { parsePlan, planFailure, type PlanError, type PlanResult } from '../domain/plan-schema.ts';
import type { Session } from './session.ts';

export interface LoadedPlan {
  plan: Plan;
  sha256: string;
  /** Text of the file. */
  source: string;
  warnings: PlanError[];
}

function readText(path: string, file: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new HoldpointError('bad_input', `The plan ${file} cannot be read: ${why}.`, {
      hint: 'write one with `holdpoint init`, or name another file', where: { file }, cause,
    });
  }
}

/** Path of what lies beside the plan; null for what is not there or lies, links followed, outside the plan's folder. */
function beside(folder: string, name: string): string | null {
  const path = resolve(folder, name);
  if (!existsSync(path)) return null;
  const inside = relative(realpathSync(folder), realpathSync(path));
  return inside.startsWith('..') || isAbsolute(inside) ? null : path;
}

function readBeside(folder: string, name: string): string | null {
  const path = beside(folder, name);
  return path === null ? null : readFileSync(path, 'utf8');
}

function listBeside(folder: string, name: string): string[] | null {
  const path = beside(folder, name);
  return path === null || !statSync(path).isDirectory() ? null : readdirSync(path);
}

/** Every mistake is in the result; `bad_input` only for a file that cannot be read. */
export function checkPlan({ io, config }: Pick<Session, 'io' | 'config'>, file: string): { result: PlanResult; text: Buffer } {
  const path = resolve(io.cwd, file);
  const text = readText(path, file);
  const folder = dirname(path);
  const result = parsePlan({
    file: basename(path), folder, text, defaults: { reviewer: config.reviewer },
    readFile: (name) => readBeside(folder, name), listFiles: (name) => listBeside(folder, name),
  });
  return { result, text };
}

/** The plan, or `bad_input` with every mistake. */
export function loadPlanFile(session: Pick<Session, 'io' | 'config'>, file: string): LoadedPlan {
  const { result, text } = checkPlan(session, file);
  if (!result.ok) throw planFailure(file, result.errors);
  const { plan, sha256, warnings } = result;
  return { plan, sha256, warnings, source: text.toString('utf8') };
}
