/** What the Temporal Web UI shows of a workflow: search attributes (written only when they change) and current details. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { WorkState } from '../domain/states.ts';
import { milestonePage } from './details.ts';
import { workState, type Milestone } from './milestone-state.ts';

const PROJECT = defineSearchAttributeKey('HoldpointProject', SearchAttributeType.KEYWORD);
const STATE = defineSearchAttributeKey('HoldpointState', SearchAttributeType.KEYWORD);
const WAITING_FOR = defineSearchAttributeKey('HoldpointWaitingFor', SearchAttributeType.KEYWORD_LIST);
const HOST = defineSearchAttributeKey('HoldpointHost', SearchAttributeType.KEYWORD);
const COST = defineSearchAttributeKey('HoldpointCostUsd', SearchAttributeType.DOUBLE);

export interface Shown {
  project: string;
  state: WorkState;
  host: string;
  waitingFor: string[];
  costUsd: number;
}

/** Writes the attributes when they differ from `before`; returns what is shown now. */
export function show(shown: Shown, before: string): string {
  const now = JSON.stringify(shown);
  if (now === before) return before;
  upsertSearchAttributes([
    { key: PROJECT, value: shown.project },
    { key: STATE, value: shown.state },
    { key: WAITING_FOR, value: shown.waitingFor },
    { key: HOST, value: shown.host },
    { key: COST, value: shown.costUsd },
  ]);
  return now;
}

/** Brings both up to date with the state. Cheap: call it wherever the state has changed. */
export function refresh(m: Milestone): void {
  const waitingFor = m.state.final ? [] : m.state.inbox.open.map((b) => b.id);
  const { project } = m.input;
  m.state.shown = show({ project, state: workState(m.state), host: m.brief.host, waitingFor, costUsd: m.state.costUsd }, m.state.shown);
  setCurrentDetails(milestonePage(m));
}
