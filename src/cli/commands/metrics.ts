/** `holdpoint metrics [PROJECT]`: turns, cost, decisions by rule, questions and how long they waited, confidence against truth. */
import type { Command } from 'commander';
import { projectIds, projectMetrics } from '../../db/metrics.ts';
import type { ProjectMetrics } from '../../domain/documents/judging.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Io } from '../io.ts';
import { score, table, usd } from '../table.ts';
import { existingTarget } from '../targets.ts';

const MS = 1000;

/** 850 ms, 12 s, 3.5 min, 2.1 h */
function long(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < MS) return `${ms} ms`;
  if (ms < 120 * MS) return `${Math.round(ms / MS)} s`;
  return ms < 7_200 * MS ? `${(ms / 60 / MS).toFixed(1)} min` : `${(ms / 3_600 / MS).toFixed(1)} h`;
}

function calibrationText({ samples, predicted, observed, brier, takes, needed, bins }: ProjectMetrics['calibration']): string[] {
  if (samples === 0) return ['confidence against truth: the truth of no turn is known yet'];
  const effect = samples < needed ? `takes nothing from confidence before ${needed} turns` : `takes ${score(takes)} from the confidence of the next turn`;
  const rows = bins.filter((one) => one.samples > 0).map((one) => [`${one.from.toFixed(1)}–${one.to.toFixed(1)}`, one.samples, score(one.predicted), score(one.observed)]);
  return [
    `confidence against truth: ${samples} turns, predicted ${score(predicted)}, right ${score(observed)}, Brier score ${score(brier)}; ${effect}`,
    table(['confidence', 'turns', 'predicted', 'right'], rows),
  ];
}

function projectText(metrics: ProjectMetrics, io: Io): string {
  const { turns, runs, tasks, attempts, costUsd, inputTokens, outputTokens, decisions, breakpoints } = metrics;
  const mean = attempts.mean === null ? '–' : attempts.mean.toFixed(1);
  const asked = breakpoints.map((one) => [one.kind, one.asked, one.open, one.byPerson, long(one.waitedMs.p50), long(one.waitedMs.p90), long(one.waitedMs.max)]);
  return [
    colorsFor(io).bold(metrics.project),
    `${turns} turns (${runs} runs) on ${tasks} tasks, ${mean} attempts a task, at most ${attempts.max}; ${usd(costUsd)}, ${inputTokens} tokens in, ${outputTokens} out`,
    ...(decisions.length > 0 ? ['', table(['rule', 'decision', 'turns'], decisions.map((one) => [one.rule, one.decision, one.count]))] : []),
    ...(asked.length > 0 ? ['', table(['question', 'asked', 'open', 'by people', 'waited (half)', '(nine in ten)', '(longest)'], asked)] : []),
    '', ...calibrationText(metrics.calibration),
  ].join('\n');
}

async function metrics({ session, io, args: [name], print }: Call): Promise<void> {
  const ids = name === undefined ? await projectIds(session.db) : [(await existingTarget(session.db, name)).project];
  const projects: ProjectMetrics[] = [];
  for (const id of ids) projects.push(await projectMetrics(session.db, id));
  await print({ projects }, () => (projects.length === 0 ? 'no project yet' : projects.map((one) => projectText(one, io)).join('\n\n')));
}

export function addMetrics(program: Command, frame: Frame): void {
  const command = program.command('metrics').description('turns, cost, decisions by rule, how long questions waited, confidence against truth')
    .argument('[project]');
  define(frame, command, metrics);
}
