/** The plan's own prompt templates: a folder beside it, in which each file replaces the template of its name. */
import { didYouMean } from '../did-you-mean.ts';
import type { OwnTemplates, TemplateName } from '../plan.ts';
import { templateMistakes } from '../prompt/own-templates.ts';
import { TEMPLATE_NAMES } from '../prompt/templates.ts';
import type { Mistake } from '../yaml-source.ts';
import { textMistakes } from './secrets.ts';

const ENDING = '.liquid';
const FILES = TEMPLATE_NAMES.map((name) => `${name}${ENDING}`);

interface Prompts {
  value: OwnTemplates | null;
  mistakes: Mistake[];
}

type ReadText = (name: string) => { text: string } | { message: string };

/** Null where the plan names no folder. Other files than templates may lie there; a template of an unknown name may not. */
export function loadPrompts(folder: unknown, read: ReadText, list: (folder: string) => string[] | null): Prompts {
  if (typeof folder !== 'string') return { value: null, mistakes: [] };
  const files = list(folder)?.filter((file) => file.endsWith(ENDING));
  if (!files) return { value: null, mistakes: [at(`there is no folder "${folder}" beside the plan`)] };
  if (files.length === 0) return { value: null, mistakes: [at(`"${folder}" holds no template`, `a template is one of ${FILES.join(', ')}`)] };
  const value: OwnTemplates = {};
  const mistakes = files.sort().flatMap((file) => {
    const found = loadOne(file, () => read(`${folder.replace(/\/+$/, '')}/${file}`));
    if ('text' in found) value[found.name] = found.text;
    return 'text' in found ? [] : found.map(({ message, suggestion }) => at(`"${folder}/${file}"${message}`, suggestion));
  });
  return { value, mistakes };
}

const at = (message: string, suggestion?: string): Mistake => ({ path: ['prompts'], message, ...(suggestion !== undefined && { suggestion }) });

function loadOne(file: string, read: () => ReturnType<ReadText>): { name: TemplateName; text: string } | { message: string; suggestion?: string }[] {
  const name = TEMPLATE_NAMES.find((known) => file === `${known}${ENDING}`);
  if (!name) return [{ message: ': there is no prompt of that name', suggestion: didYouMean(file, FILES) ?? `known: ${FILES.join(', ')}` }];
  const found = read();
  if ('message' in found) return [{ message: `: ${found.message}` }];
  const secrets = textMistakes(found.text).map(({ message }) => ({ message: ` ${message}` }));
  const wrong = templateMistakes(name, found.text).map(({ line, column, message, ...more }) => ({ message: `:${line}:${column} ${message}`, ...more }));
  return secrets.length + wrong.length > 0 ? [...secrets, ...wrong] : { name, text: found.text };
}
