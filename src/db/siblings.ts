/** What the other lines of a task (its forks, and what they were forked from) have come to, as far as nobody has decided about that. */
import { sql } from 'kysely';
import type { Scores } from '../domain/decision.ts';
import { turnTarget, type TurnRef } from '../domain/ids.ts';
import type { JudgeFacts, Sibling } from '../domain/judge/facts.ts';
import { oppositeSiblings } from '../domain/judge/opposite.ts';
import type { Db } from './transaction.ts';
import { turnIdSql } from './turns.ts';

/** Facts of a decision: it goes with each. */
const MOST = 10;

interface Judged {
  rule: string;
  facts: JudgeFacts;
  scores: Scores;
  at: Date;
}

interface Verdict extends Judged {
  milestone: string;
  turn: number;
  quality: number;
}

/**
 * The latest judged turn at the same task in each other line: in the origin and its other forks of the same turn where the milestone is a fork, in its
 * own forks. Only what was judged after the lines had parted and both had begun: a person who forks decides about what is there to be seen. A line that
 * was cancelled is decided about too. Newest first.
 */
async function verdicts(db: Db, ref: TurnRef): Promise<Verdict[]> {
  const { rows } = await sql<Verdict>`
    with line as (
      select m.project, m.id, m.state, m.fork_of, case when m.fork_of is not null then p.created_at end as began,
        (select max(latest.epoch) from turn latest where latest.project = m.project and latest.milestone = m.id) as epoch
      from milestone m join plan p on p.project = m.project and p.sha256 = m.plan_sha256
      where m.project = ${ref.project} and (m.fork_of is not null or m.id in (
        select fork.fork_of->>'milestone' from milestone fork where fork.project = ${ref.project} and fork.fork_of is not null))
    )
    select other.id as milestone, v.turn, v.quality, v.rule, v.facts, v.scores, v.at
    from turn me
      join line mine on mine.id = me.milestone and mine.epoch = me.epoch
      join line other on other.id <> mine.id and other.state <> 'cancelled'
        and (other.id = mine.fork_of->>'milestone' or other.fork_of = mine.fork_of or other.fork_of->>'milestone' = mine.id)
      cross join lateral (select case when other.fork_of->>'milestone' = mine.id then other.fork_of else mine.fork_of end as fork) at
      join turn parted on parted.project = me.project and parted.milestone = at.fork->>'milestone' and parted.epoch = (at.fork->>'epoch')::bigint
        and parted.task = at.fork->>'task' and parted.turn = (at.fork->>'turn')::int
      join lateral (
        select t.turn, d.id, d.quality, d.rule, d.facts, d.scores, d.at from turn t join decision d on d.turn_id = t.id
        where t.project = me.project and t.milestone = other.id and t.epoch = other.epoch and t.task = me.task and t.id > parted.id
          and d.at > greatest(mine.began, other.began) and d.quality is not null and d.decision not in ('wait', 'rerun')
        order by d.id desc limit 1
      ) v on true
    where me.id = ${turnIdSql(ref)} and me.id > parted.id
      -- A later run of the origin is no line of this fork.
      and (parted.milestone not in (mine.id, other.id) or (parted.milestone, parted.epoch) in ((mine.id, mine.epoch), (other.id, other.epoch)))
    order by v.id desc`.execute(db);
  return rows;
}

/** Decisions about earlier attempts of the same line that asked a person about a contradiction. */
async function askedBefore(db: Db, { project, milestone, task, ...ref }: TurnRef): Promise<Judged[]> {
  const { rows } = await sql<Judged>`
    select d.rule, d.facts, d.scores, d.at from turn join decision d on d.turn_id = turn.id
    where turn.project = ${project} and turn.milestone = ${milestone} and turn.task = ${task}
      and turn.id < ${turnIdSql({ project, milestone, task, ...ref })} and d.rule = 'conflicting_solutions'`.execute(db);
  return rows;
}

const namedIn = ({ rule, facts, scores }: Judged): string[] =>
  (rule === 'conflicting_solutions' ? oppositeSiblings(facts, scores).map(({ turn }) => turn) : []);

/** For the facts of a judgement: at most ten, newest first. A verdict that a question of either line was about is left out. */
export async function siblingsOf(db: Db, ref: TurnRef): Promise<Sibling[]> {
  const found = await verdicts(db, ref);
  if (found.length === 0) return [];
  const [before, line] = [await askedBefore(db, ref), `${ref.project}/${ref.milestone}/`];
  return found.flatMap((verdict) => {
    const turn = turnTarget({ ...ref, milestone: verdict.milestone, turn: verdict.turn });
    const isAsked = namedIn(verdict).some((named) => named.startsWith(line)) || before.some((one) => one.at > verdict.at && namedIn(one).includes(turn));
    return isAsked ? [] : [{ turn, quality: verdict.quality }];
  }).slice(0, MOST);
}
