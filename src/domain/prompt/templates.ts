/**
 * The prompts by name: liquid templates of ours, each of which a plan may replace by its own. Text of others never meets the
 * template language: it is put in last, where the template left a mark, so no filter can take a block apart.
 */
import { createHash } from 'node:crypto';
import { Liquid } from 'liquidjs';
import type { OwnTemplates, TemplateName } from '../plan.ts';
import { DATA_RULE } from './quoting.ts';
import { ANSWERED } from './templates/answered.ts';
import { CLARIFY } from './templates/clarify.ts';
import { LOSS } from './templates/loss.ts';
import { NOTE } from './templates/note.ts';
import { PLAN } from './templates/plan.ts';
import { RETRY } from './templates/retry.ts';
import { REVIEW } from './templates/review.ts';
import { REVIEW_SYSTEM } from './templates/review-system.ts';
import { TASK } from './templates/task.ts';
import type { Template } from './templates/template.ts';

export const TEMPLATES = {
  task: TASK, retry: RETRY, clarify: CLARIFY, loss: LOSS, plan: PLAN, answered: ANSWERED, note: NOTE, 'review-system': REVIEW_SYSTEM, review: REVIEW,
} as const satisfies Record<TemplateName, Template>;

export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

const textOf = (name: TemplateName, own: OwnTemplates): string => own[name] ?? TEMPLATES[name].text;

/** Changes whenever a word of a template does: prompts of different versions are not compared. 12 hex digits. */
export function templatesVersion(own: OwnTemplates = {}): string {
  const texts = TEMPLATE_NAMES.map((name) => [name, textOf(name, own)]);
  return createHash('sha256').update(JSON.stringify([DATA_RULE, texts])).digest('hex').slice(0, 12);
}

// A template of a user's: it reads no file, and ends.
const engine = new Liquid({
  strictVariables: true, strictFilters: true, ownPropertyOnly: true, templates: {}, parseLimit: 300_000, renderLimit: 2_000, memoryLimit: 5_000_000,
});
for (const tag of ['include', 'render', 'layout', 'block']) delete engine.tags[tag];

export const liquid: Pick<Liquid, 'parse' | 'renderSync' | 'analyzeSync'> = engine;

export const markOf = (name: string, nonce: string): string => `{data ${name} ${nonce}}`;

export interface Filling {
  /** The plan's and a person's own words, and numbers. */
  values: Readonly<Record<string, unknown>>;
  /** Blocks of `quote`, by name; null where there is none. */
  data: Readonly<Record<string, string | null>>;
  nonce: string;
}

/** Fills a template; a name it needs and does not get is a bug and throws. */
export function fill(name: TemplateName, { values, data, nonce }: Filling, own: OwnTemplates = {}): string {
  const marks = Object.fromEntries(Object.entries(data).map(([key, block]) => [key, block === null ? null : markOf(key, nonce)]));
  const text = String(liquid.renderSync(liquid.parse(textOf(name, own)), { ...values, ...marks }));
  // One pass: a mark inside a block is only text.
  return text.replace(new RegExp(`\\{data (\\w+) ${nonce}\\}`, 'g'), (_, key: string) => data[key] ?? '');
}
