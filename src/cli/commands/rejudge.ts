/** `holdpoint rejudge TARGET`: past turns judged by another gate, other rules, another reviewer; prints what would differ, changes nothing. */
import type { Command } from 'commander';
import { changedPaths } from '../../db/file-changes.ts';
import { decisionRows, type DecisionRow } from '../../db/decisions.ts';
import type { RejudgeDocument } from '../../domain/documents/judging.ts';
import { HoldpointError } from '../../domain/failure-kind.ts';
import type { TurnRef } from '../../domain/ids.ts';
import type { JudgeFacts } from '../../domain/judge.ts';
import { MAX_ITEMS } from '../../domain/judge/custom-facts.ts';
import { rejudge, type Otherwise, type Outcome } from '../../domain/rejudge.ts';
import type { Reviewer } from '../../domain/review.ts';
import { define, type Call, type Frame } from '../command.ts';
import { colorsFor, type Io } from '../io.ts';
import { reviewAgain, reviewerNamed, type AskedAgain } from '../review-again.ts';
import { loadRules } from '../rules-file.ts';
import { score } from '../table.ts';
import { existingTarget } from '../targets.ts';

interface Options {
  gate?: string;
  rules?: string;
  model?: string;
}

type Entry = RejudgeDocument['decisions'][number];

function gateOf(text: string | undefined): { gate?: number } {
  if (text === undefined) return {};
  const gate = Number(text);
  if (text.trim() === '' || !(gate >= 0 && gate <= 1)) throw new HoldpointError('bad_input', `--gate must be between 0 and 1, not ${text}`, { hint: 'for example --gate 0.8' });
  return { gate };
}

interface Again {
  call: Call<Options>;
  project: string;
  otherwise: Otherwise;
  reviewer: Reviewer | undefined;
}

const reviewEntry = (asked: AskedAgain, model: string): Entry['review'] => ({
  kind: asked.kind, model, ...(asked.message !== undefined && { message: asked.message }),
  quality: asked.review?.kind === 'reviewed' ? asked.review.review.quality : null,
  confidence: asked.review?.kind === 'reviewed' ? asked.review.review.confidence : null,
});

async function entryOf({ call: { session, io }, project, otherwise, reviewer }: Again, row: DecisionRow): Promise<Entry> {
  const { milestone, epoch, task, turn, at } = row;
  const ref: TurnRef = { project, milestone, epoch, task, turn };
  const facts = row.facts as JudgeFacts;
  const asked = reviewer && (await reviewAgain({ session, reviewer, turn: ref, facts, signal: io.signal }));
  const paths = otherwise.rules && !facts.changes.paths ? await changedPaths(session.db, ref, MAX_ITEMS) : undefined;
  const made = rejudge({ ...row, facts }, { ...otherwise, ...(asked?.review && { review: asked.review }), ...(paths && { paths }) });
  return { milestone, task, turn, at, ...made, ...(asked && { review: reviewEntry(asked, reviewer.model) }) } as Entry;
}

const sayOutcome = ({ decision, breakpoint, rule, quality, confidence }: Outcome | Entry['after']): string =>
  `${decision}${breakpoint === null ? '' : ` ${breakpoint}`} by ${rule}, quality ${score(quality)}, confidence ${score(confidence)}`;

function entryText({ milestone, task, turn, before, after, differs, reason, custom = [], review }: Entry, io: Io): string {
  const colors = colorsFor(io);
  const name = colors.bold(`${milestone}/${task}.${turn}`);
  const asked = review ? [`  review by ${review.model}: ${review.kind === 'reviewed' ? `quality ${score(review.quality)}, confidence ${score(review.confidence)}` : review.message ?? review.kind}`] : [];
  if (!differs) return [`${name}  the same: ${sayOutcome(after)}`, ...asked].join('\n');
  const rules = custom.map((one) => `  rule ${one.name}: ${one.error ?? String(one.value)}`);
  return [`${name}  ${colors.yellow('differs')}`, `  was:   ${sayOutcome(before)}`, `  would: ${sayOutcome(after)}`, ...reason.split('\n').map((line) => `         ${line}`), ...rules, ...asked].join('\n');
}

async function run(call: Call<Options>): Promise<void> {
  const { session, io, options, args: [name = ''], print } = call;
  const otherwise: Otherwise = { ...gateOf(options.gate), ...(options.rules !== undefined && loadRules(io.cwd, options.rules)) };
  const target = await existingTarget(session.db, name);
  const reviewer = options.model === undefined ? undefined : await reviewerNamed(session, options.model);
  const decisions: Entry[] = [];
  for (const row of await decisionRows(session.db, target)) decisions.push(await entryOf({ call, project: target.project, otherwise, reviewer }, row));
  const differing = decisions.filter(({ differs }) => differs).length;
  await print({ decisions, differing }, () => [
    ...decisions.map((one) => entryText(one, io)),
    decisions.length === 0 ? `nothing decided about ${name} yet` : `${differing} of ${decisions.length} decisions would differ; nothing was changed`,
  ].join('\n'));
}

export function addRejudge(program: Command, frame: Frame): void {
  const command = program.command('rejudge').description('past turns judged by another gate, other rules or another reviewer; changes nothing')
    .argument('<target>', 'project[/milestone[/task[.turn]]]')
    .option('--gate <quality>', 'quality at which a turn is accepted, 0 to 1')
    .option('--rules <file>', 'YAML file with `rules` and `thresholds`, in place of those of the plan')
    .option('--model <name>', 'ask this model again what the reviewer was asked');
  define<Options>(frame, command, run);
}
