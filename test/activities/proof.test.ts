/** What was recorded of a turn is held against what happened, after each: rows, files and stored objects broken on purpose. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventsOf } from '../../src/db/events.ts';
import { insertChanges } from '../../src/db/file-changes.ts';
import { reviewPromptOf } from '../../src/db/review-prompts.ts';
import { readStatus } from '../../src/db/status.ts';
import type { TurnProofTable } from '../../src/db/schema-turn.ts';
import type { Change } from '../../src/domain/host-api.ts';
import { damage } from '../host/support/stored-files.ts';
import { openBench, type Bench, type ProjectOptions } from './bench.ts';
import type { Play } from './play.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const claimed = async (name: string, options: ProjectOptions = {}): Promise<Play> => (await bench.project(name, options)).claim();
const write = (play: Play, path: string, text: string): void => writeFileSync(join(play.workspace, path), text);

async function proofOf(play: Play, turn = 1): Promise<Pick<TurnProofTable, 'steps' | 'parts' | 'files'> & { wrong: string[] }> {
  const { id } = await play.row(turn);
  return bench.deps.db.selectFrom('turn_proof').select(['steps', 'parts', 'files', 'wrong']).where('turn_id', '=', id).executeTakeFirstOrThrow();
}

const problemsIn = async (play: Play): Promise<string[]> => (await readStatus(bench.deps.db, play.plan.project)).projects
  .flatMap(({ milestones }) => milestones).flatMap(({ tasks }) => tasks).flatMap(({ turns }) => turns).flatMap(({ unproven }) => unproven);

const changesTo = async (play: Play): Promise<{ tree: string; changes: Change[] }> => {
  const { api } = await bench.deps.hosts.link('local');
  const { tree } = await api.takeCheckpoint({ workspace: play.workspace, holder: 'test', fence: play.epoch, exclude: [], maxFileBytes: 1_000_000 });
  return { tree, changes: (await api.diffTrees({ workspace: play.workspace, from: (await play.row()).treeBefore, to: tree })).changes };
};

/** Loses final rows of a path on their way into the table. */
const loseRows = (path: string): Promise<unknown> => sql.raw(`
  create or replace function lose_rows() returns trigger language plpgsql as $$ begin return case when new.final and new.path = '${path}' then null else new end; end $$;
  create or replace trigger lose_rows before insert on file_change for each row execute function lose_rows()`).execute(bench.deps.db);

test('a turn whose record is whole is proven, over what was seen while it ran', async () => {
  const play = await claimed('proven', { steps: [{ write: 'a', content: 'a\n' }, { say: 'done' }] });
  await play.begin();
  write(play, 'b', 'b\n');
  const { tree, changes } = await changesTo(play);
  const { treeBefore } = await play.row();
  await insertChanges(bench.deps.db, { turn: play.turn(), treeFrom: treeBefore, treeTo: tree, observedBy: 'scan', final: false, changes });
  await play.end();
  expect(await proofOf(play)).toEqual({ steps: 'whole', parts: 1, files: 2, wrong: [] });
  expect(await problemsIn(play)).toEqual([]);
});

test('a row that is missing is told everywhere, and the decision asks instead of going on', async () => {
  await loseRows('lost');
  const play = await claimed('lost-row', { steps: [{ write: 'lost', content: 'a\n' }, { write: 'kept', content: 'b\n' }, { say: 'done' }] });
  await play.whole();
  await play.review();
  const { wrong } = await proofOf(play);
  expect(wrong).toEqual(['the recorded changes do not lead from the checkpoint before to the one after: lost']);
  expect(await problemsIn(play)).toEqual(wrong);
  const events = await eventsOf(bench.deps.db, { project: 'lost-row' });
  expect(events.filter(({ kind }) => kind === 'record_unproven')).toMatchObject([{ message: `the record of lost-row/slugs/work.1 is not what happened: ${wrong[0]}` }]);
  const judged = await play.judge();
  expect(judged).toMatchObject({ decision: 'breakpoint', breakpoint: 'evidence_weakened', rule: 'record_unproven', failed: false, detail: { unproven: wrong } });
  const { treeAfter } = await play.row();
  expect(await play.judge(1, { weakeningsApproved: treeAfter ?? '' })).toMatchObject({ decision: 'proceed' });
  expect(await play.judge(1, { weakeningsApproved: '1'.repeat(40) })).toMatchObject({ rule: 'record_unproven' });
});

test('steps seen on the way that do not lead where they say are no proof', async () => {
  const play = await claimed('wrong-step');
  await play.begin();
  write(play, 'a', 'a\n');
  const { tree, changes } = await changesTo(play);
  const { treeBefore } = await play.row();
  const altered = changes.map((change) => ({ ...change, shaAfter: '1'.repeat(40) }));
  await insertChanges(bench.deps.db, { turn: play.turn(), treeFrom: treeBefore, treeTo: tree, observedBy: 'scan', final: false, changes: altered });
  await play.end();
  expect(await proofOf(play)).toMatchObject({ steps: 'whole', wrong: ['the changes recorded while the turn ran do not lead to the trees they name: a'] });
});

/** What every workspace begins with. Gives its id. */
function damageReadme(play: Play): string {
  const text = '# a project\n';
  damage(join(bench.dir, 'state/shadow', createHash('sha256').update(play.workspace).digest('hex').slice(0, 20), 'repository'), text);
  return createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');
}

test('a stored object of a file that nobody changed is read again as well', async () => {
  const play = await claimed('damaged', { steps: [{ write: 'a', content: 'a\n' }, { say: 'done' }] });
  await play.begin();
  const id = damageReadme(play);
  await play.run();
  await play.end();
  expect((await proofOf(play)).wrong).toEqual([`the stored object ${id} is missing or damaged`]);
  await play.review();
  expect(await play.judge()).toMatchObject({ breakpoint: 'evidence_weakened', rule: 'record_unproven' });
});

test('a stored object that the difference needs: the turn goes on, its row is there without lines, and a person is asked as long as the task needs it', async () => {
  const steps = [{ turn: 1, write: 'README.md', content: '# another\n' }, { turn: 1, write: 'kept', content: 'b\n' }, { turn: 2, write: 'kept', content: 'c\n' }, { say: 'done' }];
  const play = await claimed('damaged-before', { steps });
  await play.begin();
  const id = damageReadme(play);
  await play.run();
  await play.end();
  const lines = async (turn: number): Promise<unknown> => bench.deps.db.selectFrom('file_change').select(['path', 'op', 'sha_before', 'added', 'removed'])
    .where('turn_id', '=', (await play.row(turn)).id).where('final', '=', true).orderBy('path').execute();
  expect(await lines(1)).toEqual([
    { path: 'README.md', op: 'modify', sha_before: id, added: null, removed: null }, { path: 'kept', op: 'add', sha_before: null, added: 1, removed: 0 },
  ]);
  const wrong = [`README.md: its lines are not counted, the stored object ${id} is missing or damaged`];
  expect((await proofOf(play)).wrong).toEqual(wrong);
  const events = await eventsOf(bench.deps.db, { project: 'damaged-before' });
  expect(events.filter(({ kind }) => kind === 'record_unproven')).toMatchObject([{ message: expect.stringContaining(id) }]);
  expect(await play.review()).toMatchObject({ kind: 'reviewed' });
  expect((await reviewPromptOf(bench.deps.db, play.turn()))?.prompt).toContain('README.md');
  expect(await play.judge()).toMatchObject({ breakpoint: 'evidence_weakened', rule: 'record_unproven', detail: { unproven: wrong } });
  // What the second attempt changed is whole; what the task has changed is not.
  await play.whole(2);
  expect(await lines(2)).toMatchObject([{ path: 'kept', added: 1, removed: 1 }]);
  expect((await proofOf(play, 2)).wrong).toEqual(wrong);
});

test('what changed between two turns is told although it cannot be read, and so is that', async () => {
  const play = await claimed('damaged-between', { steps: [{ write: 'a', content: 'a\n' }, { say: 'done' }] });
  await play.whole();
  const id = damageReadme(play);
  write(play, 'README.md', 'by somebody\n');
  await play.begin(2);
  const events = await eventsOf(bench.deps.db, { project: 'damaged-between' });
  expect(events.filter(({ kind }) => kind === 'record_unproven').map(({ message }) => message)).toEqual([
    `what changed before damaged-between/slugs/work.2 is not known in full: README.md: its lines are not counted, the stored object ${id} is missing or damaged`,
  ]);
});

test('a path with a known secret is stored without it; the rest of its record is held against what happened all the same', async () => {
  const secret = 'key-4711-in-a-name';
  bench.secrets.push(secret);
  // The prompt that names the scripted steps is redacted too: nobody but this test can write such a name.
  const wrongAfter = async (name: string, other: string): Promise<string[]> => {
    const play = await claimed(name, { steps: [{ write: other, content: 'b\n' }, { say: 'done' }] });
    await play.begin();
    write(play, `${secret}.txt`, 'a\n');
    await play.run();
    await play.end();
    const stored = await bench.deps.db.selectFrom('file_change').select('path').where('turn_id', '=', (await play.row()).id).where('final', '=', true).execute();
    expect(stored.map(({ path }) => path)).toContain('[redacted].txt');
    return (await proofOf(play)).wrong;
  };
  expect(await wrongAfter('masked', 'kept')).toEqual([]);
  await loseRows('gone');
  expect(await wrongAfter('masked-lost', 'gone')).toEqual(['the recorded changes do not lead from the checkpoint before to the one after: gone']);
});
