/** `holdpoint checkpoints verify`: whether what is stored of checkpoints can still be read. */
import type { Command } from 'commander';
import { listProjects, type ProjectPlace } from '../../db/plans.ts';
import type { CheckpointsVerifyDocument } from '../../domain/documents/turns.ts';
import { define, type Call, type Frame } from '../command.ts';
import { EXIT } from '../exit.ts';
import { colorsFor, type Colors } from '../io.ts';
import { existingTarget } from '../targets.ts';

interface VerifyOptions {
  all?: boolean;
}

type Store = CheckpointsVerifyDocument['stores'][number];

/** Projects share a workspace, and its store is read once. */
async function placesOf({ session, args: [name] }: Call<VerifyOptions>): Promise<ProjectPlace[]> {
  const projects = await listProjects(session.db);
  const wanted = name === undefined ? undefined : (await existingTarget(session.db, name)).project;
  const chosen = wanted === undefined ? projects : projects.filter(({ project }) => project === wanted);
  return [...new Map(chosen.map((one) => [`${one.host}:${one.workspace}`, one])).values()];
}

async function verifyPlace({ session, options }: Call<VerifyOptions>, { project, host, workspace }: ProjectPlace): Promise<Store> {
  const { api } = await session.hosts.link(host);
  const found = await api.verifyCheckpoints({ workspace, all: options.all === true });
  return { project, workspace: { host, path: workspace }, ...found };
}

function storeText({ project, part, parts, checkpoints, objects, bytes, damaged }: Store, colors: Colors): string {
  const what = part === null ? 'all objects' : `part ${part + 1} of ${parts}`;
  const verdict = damaged.length === 0 ? colors.green('whole') : colors.red(`${damaged.length} DAMAGED`);
  const lines = damaged.map(({ id, reason }) => `  ${colors.red(id)} ${reason}`);
  return [`${project}: ${verdict} (${what}: ${objects} objects, ${bytes} bytes, of ${checkpoints} checkpoints)`, ...lines].join('\n');
}

async function verify(call: Call<VerifyOptions>): Promise<number> {
  const stores: Store[] = [];
  for (const place of await placesOf(call)) stores.push(await verifyPlace(call, place));
  const ok = stores.every(({ damaged }) => damaged.length === 0);
  await call.print({ ok, stores } satisfies CheckpointsVerifyDocument, () => stores.map((store) => storeText(store, colorsFor(call.io))).join('\n') || 'there is no project');
  if (!ok) await call.say('what is damaged cannot be restored: the disk of that host may be failing');
  return ok ? EXIT.done : EXIT.failed;
}

export function addCheckpointsVerify(checkpoints: Command, frame: Frame): void {
  const command = checkpoints.command('verify').description('read a part of the stored objects again, another one each time')
    .argument('[target]', 'a project; all of them when absent').option('--all', 'read everything');
  define<VerifyOptions>(frame, command, verify);
}
