/**
 * The plan file's door: text of holdpoint.yaml in, `Plan` or every mistake in it out. Reads nothing itself; the parts are
 * in plan-schema/. Not for workflow code: they receive plans as plain data.
 */
import * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { HoldpointError } from './failure-kind.ts';
import type { Plan } from './plan.ts';
import { planSha256 } from './plan-hash.ts';
import { loadFiles } from './plan-schema/files.ts';
import type { ListFiles, ReadFile, Reading } from './plan-schema/files.ts';
import { planFile } from './plan-schema/file.ts';
import { isolationMistakes } from './plan-schema/isolation.ts';
import { limitMistakes } from './plan-schema/limits.ts';
import { entries, field } from './plan-schema/raw.ts';
import { referenceMistakes } from './plan-schema/references.ts';
import { reviewerMistakes } from './plan-schema/reviewers.ts';
import { ruleMistakes } from './plan-schema/rules.ts';
import { textMistakes } from './plan-schema/secrets.ts';
import { toPlan } from './plan-schema/to-plan.ts';
import type { PlanDefaults } from './plan-schema/to-plan.ts';
import { planWarnings } from './plan-schema/warnings.ts';
import { formatMistake, readYaml } from './yaml-source.ts';
import type { Mistake, PlacedMistake, YamlPath } from './yaml-source.ts';
import { check } from './zod-mistakes.ts';

export { planTemplate, PLAN_SCHEMA_FILE, PLAN_TEMPLATES } from './plan-schema/template.ts';
export type { ListFiles, ReadFile } from './plan-schema/files.ts';
export type { PlanDefaults } from './plan-schema/to-plan.ts';

/** A mistake or a warning as `validate` prints it. */
export type PlanError = PlacedMistake;

export interface PlanInput {
  /** As the user named it; its folder is the plan's folder when it is absolute. */
  file: string;
  text: string | Uint8Array;
  /** Must not follow links out of the plan's folder: answer null for those. */
  readFile: ReadFile;
  /** Must not follow links out of the plan's folder either; without it there are no folders. */
  listFiles?: ListFiles;
  /** Absolute path of the plan's folder, for a relative workspace. */
  folder?: string;
  /** The service's own, where the plan does not say. */
  defaults?: PlanDefaults;
  /** Names that are registered; any name is accepted where it is absent. */
  known?: { agents?: readonly string[]; reviewers?: readonly string[] };
}

export type PlanResult =
  | { ok: true; plan: Plan; sha256: string; warnings: PlanError[] }
  | { ok: false; errors: PlanError[]; warnings: PlanError[] };

/** Checks a plan and fills its defaults in. All mistakes at once, in order of their place. Pure but for `readFile`; never throws. */
export function parsePlan(input: PlanInput): PlanResult {
  const source = readYaml(input.text);
  if (source.value === undefined) return { ok: false, errors: source.syntax, warnings: [] };
  const raw = source.value;
  const parsed = check(planFile, raw);
  const { loaded, mistakes: fileMistakes } = loadFiles(raw, readingOf(input));
  const ofSchema = 'mistakes' in parsed ? parsed.mistakes : [];
  const mistakes = [...ofSchema, ...referenceMistakes(raw), ...ruleMistakes(raw), ...limitMistakes(raw), ...isolationMistakes(raw), ...textMistakes(raw), ...fileMistakes, ...reviewerMistakes(raw), ...nameMistakes(raw, input)];
  if ('mistakes' in parsed || mistakes.length > 0 || source.syntax.length > 0) {
    return { ok: false, errors: [...source.syntax, ...source.place(mistakes)], warnings: [] };
  }
  const plan = toPlan(parsed.data, loaded, input.defaults ?? {});
  return { ok: true, plan, sha256: planSha256(plan), warnings: source.place(planWarnings(plan, parsed.data)) };
}

const readingOf = ({ file, folder, readFile, listFiles = () => null }: PlanInput): Reading => ({ readFile, listFiles, folder: folder ?? folderOf(file) });

const folderOf = (file: string): string | undefined => (file.startsWith('/') ? file.slice(0, file.lastIndexOf('/')) || '/' : undefined);

function nameMistakes(raw: unknown, { known = {} }: PlanInput): Mistake[] {
  const reviewers = entries(field(raw, 'reviewers')).map(([, n]): YamlPath => ['reviewers', n]);
  return [
    ...unknownName(raw, ['agent'], 'agent', known.agents),
    ...[['reviewer'], ...reviewers].flatMap((path) => unknownName(raw, path, 'reviewer', known.reviewers)),
  ];
}

function unknownName(raw: unknown, at: YamlPath, part: 'agent' | 'reviewer', known: readonly string[] | undefined): Mistake[] {
  const name = field(raw, ...at, 'name');
  if (typeof name !== 'string' || !known || known.includes(name)) return [];
  const suggestion = didYouMean(name, known) ?? `known: ${known.join(', ')}`;
  return [{ path: [...at, 'name'], message: `there is no ${part} "${name}"`, suggestion }];
}

/** The same mistakes as one error, for commands that cannot go on without a plan. */
export function planFailure(file: string, errors: readonly PlanError[]): HoldpointError {
  const [first] = errors;
  const lines = errors.map((error) => formatMistake(file, error));
  const title = `The plan has ${errors.length === 1 ? 'a mistake' : `${errors.length} mistakes`}:`;
  return new HoldpointError('bad_input', [title, ...lines].join('\n'), {
    where: { file, ...(first && { line: first.line, column: first.column, path: first.path }) },
    details: { errors },
  });
}

/** JSON Schema (draft 7, which editors read) of the file a user writes. */
export const planJsonSchema = (): Record<string, unknown> => z.toJSONSchema(planFile, { io: 'input', target: 'draft-7' });
