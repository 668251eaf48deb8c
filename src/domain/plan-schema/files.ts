/**
 * What the plan names rather than holds: the agent's instructions, MCP server files, prompt templates, the workspace. Files are read through the
 * caller's `readFile`, only from the plan's own folder, and become part of the plan.
 */
import { normalize } from '../gate/paths.ts';
import { check } from '../zod-mistakes.ts';
import { pathText } from '../yaml-source.ts';
import type { Mistake, YamlPath } from '../yaml-source.ts';
import { servers } from './agent-access.ts';
import { loadPrompts } from './prompts.ts';
import { entries, field } from './raw.ts';
import { serverSecretMistakes, textMistakes } from './secrets.ts';
import type { LoadedFiles } from './to-plan.ts';

export const MAX_FILE_BYTES = 256 * 1024;

/** Text of a file beside the plan, its path relative to the plan's folder; null when there is none or it leads out of the folder. */
export type ReadFile = (relative: string) => string | null;

/** Names of the files in a folder beside the plan; null when there is no such folder. */
export type ListFiles = (relative: string) => string[] | null;

type Found<T> = { value: T; mistakes: Mistake[] };

export interface Reading {
  readFile: ReadFile;
  listFiles: ListFiles;
  /** Absolute path of the plan's folder; undefined when it is not known. */
  folder: string | undefined;
}

/** Reads everything the raw plan names. */
export function loadFiles(raw: unknown, { readFile, listFiles, folder }: Reading): { loaded: LoadedFiles; mistakes: Mistake[] } {
  const workspace = workspacePath(field(raw, 'workspace'), folder);
  const instructions = loadInstructions(field(raw, 'agent', 'instructions'), readFile);
  const mcp = loadServers(field(raw, 'agent', 'mcp'), readFile);
  const prompts = loadPrompts(field(raw, 'prompts'), (name) => readBeside(name, readFile), (name) => (staysInside(name) ? attempt(() => listFiles(name)) ?? null : null));
  return {
    loaded: { workspacePath: workspace.value, instructions: instructions.value, mcp: mcp.value, prompts: prompts.value },
    mistakes: [...workspace.mistakes, ...instructions.mistakes, ...mcp.mistakes, ...prompts.mistakes],
  };
}

function workspacePath(workspace: unknown, folder: string | undefined): Found<string> {
  const [host, path] = [field(workspace, 'host'), field(workspace, 'path')];
  if (typeof path !== 'string') return { value: '', mistakes: [] };
  const at: YamlPath = ['workspace', 'path'];
  const wrong = (message: string): Found<string> => ({ value: '', mistakes: [{ path: at, message }] });
  if (/[\n\r]/.test(path)) return wrong('must be one line');
  if (path.startsWith('~')) return wrong('must be an absolute path: ~ is not replaced');
  const relative = !path.startsWith('/');
  if (relative && host !== 'local') return wrong('must be an absolute path; only on the host local may it be relative to this file');
  if (relative && folder === undefined) return wrong('must be an absolute path: the folder of this file is not known');
  const absolute = normalize(relative ? `${folder}/${path}` : path);
  if (absolute === '/') return wrong('must be a folder of its own, not the root of the file system');
  return { value: absolute, mistakes: [] };
}

/** The text, or what is wrong. */
function readBeside(name: string, readFile: ReadFile): { text: string } | { message: string } {
  if (!staysInside(name)) return { message: `"${name}" must be a file in the folder of the plan or below it` };
  const text = attempt(() => readFile(name));
  if (text === undefined) return { message: `"${name}" cannot be read` };
  if (text === null) return { message: `there is no file "${name}" beside the plan` };
  const bytes = new TextEncoder().encode(text).length;
  return bytes > MAX_FILE_BYTES ? { message: `"${name}" has ${bytes} bytes, at most ${MAX_FILE_BYTES} are read` } : { text };
}

function staysInside(relative: string): boolean {
  if (relative.startsWith('/') || relative.startsWith('~') || /[\\\0\n]/.test(relative)) return false;
  let depth = 0;
  for (const part of relative.split('/')) {
    if (part !== '' && part !== '.') depth += part === '..' ? -1 : 1;
    if (depth < 0) return false;
  }
  return depth > 0;
}

function loadInstructions(name: unknown, readFile: ReadFile): Found<string | null> {
  if (typeof name !== 'string') return { value: null, mistakes: [] };
  const path: YamlPath = ['agent', 'instructions'];
  const found = readBeside(name, readFile);
  if ('message' in found) return { value: null, mistakes: [{ path, message: found.message }] };
  const mistakes = textMistakes(found.text).map((mistake) => ({ ...mistake, path, message: `"${name}" ${mistake.message}` }));
  return { value: found.text, mistakes };
}

function loadServers(mcp: unknown, readFile: ReadFile): Found<Record<string, unknown>> {
  if (!Array.isArray(mcp)) {
    const mistakes = serverSecretMistakes(mcp).map((mistake) => ({ ...mistake, path: ['agent', 'mcp', ...mistake.path] }));
    return { value: typeof mcp === 'object' && mcp !== null ? (mcp as Record<string, unknown>) : {}, mistakes };
  }
  const value = new Map<string, unknown>();
  const mistakes = entries(mcp).flatMap(([name, n]) =>
    (typeof name === 'string' ? addServers(value, name, ['agent', 'mcp', n], readFile) : []));
  return { value: Object.fromEntries(value), mistakes };
}

function addServers(all: Map<string, unknown>, name: string, path: YamlPath, readFile: ReadFile): Mistake[] {
  const found = readBeside(name, readFile);
  if ('message' in found) return [{ path, message: found.message }];
  const content = attempt((): unknown => JSON.parse(found.text));
  if (content === undefined) return [{ path, message: `"${name}" is not JSON` }];
  const named = field(content, 'mcpServers') ?? content;
  const result = check(servers, named);
  const data = 'data' in result ? result.data : {};
  const wrong = 'mistakes' in result ? result.mistakes : Object.keys(data).filter((key) => all.has(key)).map(alreadyThere);
  for (const [key, server] of Object.entries(data)) all.set(key, server);
  return [...wrong, ...textMistakes(named), ...serverSecretMistakes(named)]
    .map((mistake) => ({ ...mistake, path, message: `"${name}": ${[pathText(mistake.path), mistake.message].filter(Boolean).join(' ')}` }));
}

const alreadyThere = (key: string): Mistake => ({ path: [key], message: 'is a server of an earlier file too' });

/** Undefined when it throws. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
