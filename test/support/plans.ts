/** Plans for tests: a good one to start from, and what is wrong with a bad one. */
import { parsePlan } from '../../src/domain/plan-schema.ts';
import type { PlanError, PlanInput } from '../../src/domain/plan-schema.ts';
import type { Plan } from '../../src/domain/plan.ts';

export const GOOD_PLAN = `project: tinyslug
workspace: {host: build-vm, path: /srv/tinyslug}
checks:
  - {name: test, run: npm test}
policy:
  permissions: {allow: ["Edit(src/**)"]}
milestones:
  - id: slugs
    tasks:
      - {id: ascii, instructions: Do it, acceptance: [npm test passes]}
      - {id: unicode, instructions: Do it, acceptance: [npm test passes], dependsOn: [ascii]}
`;

type More = Partial<Omit<PlanInput, 'text'>> & { files?: Record<string, string> };

const parse = (text: string | Uint8Array, { files = {}, ...more }: More = {}) =>
  parsePlan({ file: '/home/me/plans/holdpoint.yaml', text, readFile: (name) => files[name] ?? null, ...more });

/** Throws what is wrong with it. */
export function goodPlan(text: string, more?: More): { plan: Plan; sha256: string; warnings: PlanError[] } {
  const result = parse(text, more);
  if (!result.ok) throw new Error(result.errors.map(show).join('\n'));
  return result;
}

/** `line:column path: message (suggestion)` of each mistake; throws when there is none. */
export function mistakes(text: string | Uint8Array, more?: More): string[] {
  const result = parse(text, more);
  if (result.ok) throw new Error('the plan was accepted');
  return result.errors.map(show);
}

export const show = ({ line, column, path, message, suggestion }: PlanError): string =>
  `${line}:${column} ${path}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`;
