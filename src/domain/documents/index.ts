/**
 * Every document that `--json` prints, by name: what `holdpoint schema NAME` publishes and what tests hold the output against.
 * Fields may be added, never renamed or dropped, so the published schemas accept fields they do not know.
 */
import * as z from 'zod';
import { planJsonSchema } from '../plan-schema.ts';
import { answerDocument, answeredDocument, answerFile, answersDocument, extendDocument, inboxDocument } from './breakpoints.ts';
import { compareDocument } from './compare.ts';
import { drillDocument } from './drill.ts';
import { forkDocument, transcriptDocument } from './fork.ts';
import { metricsDocument, rejudgeDocument } from './judging.ts';
import { planApplyDocument } from './plan-apply.ts';
import { demoDocument, doctorDocument, errorDocument, notifyDocument, startDocument, steerDocument, upDocument, validateDocument } from './service.ts';
import { restoreDocument } from './restore.ts';
import { statusDocument } from './status.ts';
import { blameDocument, checkpointsDocument, checkpointTakenDocument, checkpointsVerifyDocument, decisionsDocument, diffDocument, diffLine, logsLine } from './turns.ts';

export const DOCUMENTS = {
  status: statusDocument,
  inbox: inboxDocument,
  answered: answeredDocument,
  answer: answerDocument,
  answers: answersDocument,
  extend: extendDocument,
  logs: logsLine,
  transcript: transcriptDocument,
  diff: diffDocument,
  compare: compareDocument,
  'diff-line': diffLine,
  blame: blameDocument,
  fork: forkDocument,
  decisions: decisionsDocument,
  rejudge: rejudgeDocument,
  metrics: metricsDocument,
  checkpoints: checkpointsDocument,
  'checkpoint-taken': checkpointTakenDocument,
  'checkpoints-verify': checkpointsVerifyDocument,
  restore: restoreDocument,
  doctor: doctorDocument,
  validate: validateDocument,
  start: startDocument,
  'plan-apply': planApplyDocument,
  demo: demoDocument,
  up: upDocument,
  steer: steerDocument,
  notify: notifyDocument,
  drill: drillDocument,
  error: errorDocument,
} as const;

export type DocumentName = keyof typeof DOCUMENTS | 'plan' | 'answer-file';

/** First those that users write. */
export const documentNames: readonly DocumentName[] = ['plan', 'answer-file', ...(Object.keys(DOCUMENTS) as (keyof typeof DOCUMENTS)[])];

/** JSON Schema (draft 7) of the named document; undefined for an unknown name. */
export function documentSchema(name: string): Record<string, unknown> | undefined {
  if (name === 'plan') return planJsonSchema();
  if (name === 'answer-file') return z.toJSONSchema(answerFile, { io: 'input', target: 'draft-7' });
  if (!Object.hasOwn(DOCUMENTS, name)) return undefined;
  return z.toJSONSchema(DOCUMENTS[name as keyof typeof DOCUMENTS], { io: 'input', target: 'draft-7' });
}
