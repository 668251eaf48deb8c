/** Reads a file of rules and thresholds for the commands that take one. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { HoldpointError } from '../domain/failure-kind.ts';
import { parseRules, type RulesResult } from '../domain/plan-schema/rules-file.ts';
import { formatMistake } from '../domain/yaml-source.ts';

function readText(cwd: string, file: string): Buffer {
  try {
    return readFileSync(resolve(cwd, file));
  } catch (cause) {
    throw new HoldpointError('bad_input', `The rules ${file} cannot be read: ${String((cause as NodeJS.ErrnoException).code)}.`, {
      hint: 'write a file with `rules:` and `thresholds:`, as in a plan', where: { file }, cause,
    });
  }
}

/** `bad_input` with every mistake and its place. */
export function loadRules(cwd: string, file: string): Omit<Extract<RulesResult, { ok: true }>, 'ok'> {
  const result = parseRules(readText(cwd, file));
  if (result.ok) return { ...(result.rules && { rules: result.rules }), ...(result.thresholds && { thresholds: result.thresholds }) };
  const [first] = result.errors;
  const lines = result.errors.map((error) => formatMistake(file, error));
  throw new HoldpointError('bad_input', ['The rules have mistakes:', ...lines].join('\n'), {
    where: { file, ...(first && { line: first.line, column: first.column, path: first.path }) }, details: { errors: result.errors },
  });
}
