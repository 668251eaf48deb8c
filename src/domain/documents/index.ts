/**
 * Every document that `--json` prints, by name: what `holdpoint schema NAME` publishes and what tests hold the output against.
 * Fields may be added, never renamed or dropped, so the published schemas accept fields they do not know.
 */
import * as z from 'zod';
import { planJsonSchema } from '../plan-schema.ts';
import { answerDocument, inboxDocument } from './breakpoints.ts';
import { drillDocument } from './drill.ts';
import { demoDocument, doctorDocument, errorDocument, startDocument, upDocument, validateDocument } from './service.ts';
import { statusDocument } from './status.ts';
import { checkpointsDocument, decisionsDocument, diffDocument, logsLine } from './turns.ts';

export const DOCUMENTS = {
  status: statusDocument,
  inbox: inboxDocument,
  answer: answerDocument,
  logs: logsLine,
  diff: diffDocument,
  decisions: decisionsDocument,
  checkpoints: checkpointsDocument,
  doctor: doctorDocument,
  validate: validateDocument,
  start: startDocument,
  demo: demoDocument,
  up: upDocument,
  drill: drillDocument,
  error: errorDocument,
} as const;

export type DocumentName = keyof typeof DOCUMENTS | 'plan';

/** `plan` first: the one that users write. */
export const documentNames: readonly DocumentName[] = ['plan', ...(Object.keys(DOCUMENTS) as (keyof typeof DOCUMENTS)[])];

/** JSON Schema (draft 7) of the named document; undefined for an unknown name. */
export function documentSchema(name: string): Record<string, unknown> | undefined {
  if (name === 'plan') return planJsonSchema();
  if (!Object.hasOwn(DOCUMENTS, name)) return undefined;
  return z.toJSONSchema(DOCUMENTS[name as keyof typeof DOCUMENTS], { io: 'input', target: 'draft-7' });
}
