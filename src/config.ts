/**
 * Configuration of the service: environment before file before default, one schema. For entry points and the CLI only;
 * everything below them is handed values. Temporal's own connection is not here: the SDK's envconfig reads it.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { CONFIG_FIELDS, isOthers, variableOf } from './config-fields.ts';
import { didYouMean } from './domain/did-you-mean.ts';
import { parseDuration } from './domain/duration.ts';
import { HoldpointError } from './domain/failure-kind.ts';
import type { ReviewerSettings } from './domain/plan.ts';
import { formatMistake, readYaml } from './domain/yaml-source.ts';
import { check } from './domain/zod-mistakes.ts';

const schema = z.strictObject(CONFIG_FIELDS);
type Fields = z.infer<typeof schema>;

export interface Config extends Readonly<Omit<Fields, 'reviewer' | 'reviewerModel' | 'reviewerDeadline'>> {
  /** Absolute. */
  readonly dataDir: string;
  /** What a plan that does not say gets. */
  readonly reviewer: Readonly<Partial<ReviewerSettings>>;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Text of a file, null when there is none. */
export type ReadConfigFile = (path: string) => string | null;

/**
 * Reads `HOLDPOINT_*`, `DATABASE_URL`, `OLLAMA_HOST`, `SSH_AUTH_SOCK` and one YAML file: `HOLDPOINT_CONFIG`, else `config.yaml` of
 * the data folder. Relative paths are taken from `cwd`. Throws `bad_input` that names every mistake; never shows a value.
 */
export function loadConfig(env: Env, cwd: string, readFile: ReadConfigFile = readOrNull): Config {
  const variables = fromEnvironment(env);
  const dataDir = resolve(cwd, variables.values['dataDir'] ?? '.holdpoint');
  const file = fromFile(env.HOLDPOINT_CONFIG, resolve(cwd, env.HOLDPOINT_CONFIG || resolve(dataDir, 'config.yaml')), readFile);
  const parsed = check(schema, { ...file.values, ...variables.values });
  const wrong = 'mistakes' in parsed ? parsed.mistakes.filter(({ path }) => Object.hasOwn(variables.values, String(path[0]))) : [];
  const told = wrong.map(({ path, message }) => `${variableOf(String(path[0]))}: ${message}`);
  const lines = [...variables.mistakes, ...told, ...file.mistakes];
  if (lines.length > 0 || 'mistakes' in parsed) throw badConfig(lines);
  return freeze(parsed.data, cwd);
}

interface Source<T> {
  values: Record<string, T>;
  /** Ready to be shown. */
  mistakes: string[];
}

/** Empty variables count as absent. */
function fromEnvironment(env: Env): Source<string> {
  const fields = new Map(Object.keys(CONFIG_FIELDS).map((field) => [variableOf(field), field]));
  const values: Record<string, string> = {};
  const mistakes: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    const field = fields.get(name);
    if (field !== undefined && value) values[field] = value;
    else if (field === undefined && name.startsWith('HOLDPOINT_') && !isOthers(name)) {
      mistakes.push(`${name}: unknown variable (${didYouMean(name, [...fields.keys(), 'HOLDPOINT_CONFIG']) ?? 'remove it'})`);
    }
  }
  return { values, mistakes };
}

function fromFile(named: string | undefined, path: string, readFile: ReadConfigFile): Source<unknown> {
  const text = readFile(path);
  if (text === null) return { values: {}, mistakes: named ? [`HOLDPOINT_CONFIG: there is no file ${path}`] : [] };
  const source = readYaml(text);
  const parsed = source.value === undefined ? { mistakes: [] } : check(schema, source.value);
  const placed = [...source.syntax, ...('mistakes' in parsed ? source.place(parsed.mistakes) : [])];
  const values = 'data' in parsed ? (source.value as Record<string, unknown>) : {};
  return { values, mistakes: placed.map((mistake) => formatMistake(path, mistake)) };
}

function badConfig(lines: readonly string[]): HoldpointError {
  const title = `The configuration has ${lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`}:`;
  return new HoldpointError('bad_input', [title, ...lines].join('\n'), {
    hint: 'variables begin with HOLDPOINT_; the file takes the same names in camelCase',
  });
}

function freeze({ reviewer: name, reviewerModel: model, reviewerDeadline, ...fields }: Fields, cwd: string): Config {
  const deadlineMs = reviewerDeadline === undefined ? undefined : parseDuration(reviewerDeadline);
  const reviewer = { ...(name && { name }), ...(model && { model }), ...(deadlineMs !== undefined && { deadlineMs }) };
  const path = (value: string | null): string | null => (value === null ? null : resolve(cwd, value));
  return Object.freeze({
    ...fields, reviewer: Object.freeze(reviewer),
    dataDir: resolve(cwd, fields.dataDir), sshConfigFile: path(fields.sshConfigFile),
    hostBundle: path(fields.hostBundle), workflowBundle: path(fields.workflowBundle), readyFile: path(fields.readyFile),
  });
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new HoldpointError('bad_input', `The configuration file ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
