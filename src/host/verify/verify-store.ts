/**
 * Reads what checkpoints name again, to find damage before somebody needs it: a part of the objects each time, so that all of them have
 * been read after some calls. Which objects are named is always looked at as a whole.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VerifyResult } from '../../domain/host-files.ts';
import { writeWhole } from '../durable.ts';
import { CHECKPOINT_REFS } from '../snapshot/checkpoint.ts';
import { runGit, type ShadowGit } from '../snapshot/git.ts';
import { noneSince, sweepsBegun } from '../snapshot/sweeps.ts';
import { readAgain, type Damage } from './object-stream.ts';

const PARTS = 16;

/** May be repeated; one after the other reads one part after the other. */
export async function verifyStore(shadow: ShadowGit, { all }: { all: boolean }): Promise<VerifyResult> {
  const checkpoints = (await readdir(join(shadow.dir, CHECKPOINT_REFS)).catch(() => [])).length;
  const part = all ? null : await nextPart(shadow);
  return { part, parts: PARTS, checkpoints, ...(await readPart(shadow, part)) };
}

/** What a sweep has taken away meanwhile is not damaged: then all of it is looked at again. */
async function readPart(shadow: ShadowGit, part: number | null): Promise<Pick<VerifyResult, 'objects' | 'bytes' | 'damaged'>> {
  for (;;) {
    const sweeps = await sweepsBegun(shadow.dir);
    const { ids, damaged } = await namedObjects(shadow);
    const wanted = part === null ? ids : ids.filter((id) => Number.parseInt(id.slice(0, 2), 16) % PARTS === part);
    const read = await readAll(shadow, wanted);
    const found = new Map([...damaged, ...read.damaged].map((one) => [one.id, one]));
    if (found.size === 0 || (await noneSince(shadow.dir, sweeps))) return { objects: wanted.length, bytes: read.bytes, damaged: [...found.values()] };
  }
}

async function nextPart({ dir }: ShadowGit): Promise<number> {
  const file = join(dirname(dir), 'verified');
  const last = Number(await readFile(file, 'utf8').catch(() => '-1'));
  const part = Number.isInteger(last) ? (last + 1) % PARTS : 0;
  await writeWhole(file, String(part));
  return part;
}

/** Where git cannot go on, nothing below can be known to be there: that is damage too. */
async function namedObjects(shadow: ShadowGit): Promise<{ ids: string[]; damaged: Damage[] }> {
  const { code, stdout, stderr } = await runGit(shadow, ['rev-list', '--objects', '--no-object-names', '--all', '--missing=print']);
  const lines = stdout.toString('latin1').split('\n').filter(Boolean);
  const missing = lines.filter((line) => line.startsWith('?')).map((line) => ({ id: line.slice(1), reason: 'is missing' }));
  const ids = lines.filter((line) => !line.startsWith('?'));
  if (code === 0) return { ids, damaged: missing };
  const id = /[0-9a-f]{40}/.exec(stderr)?.[0] ?? 'unknown';
  return { ids, damaged: [...missing, { id, reason: `cannot be followed: ${stderr.trim().split('\n').at(-1) ?? ''}` }] };
}

/** After an object at which git gave up, goes on with the next. */
async function readAll(shadow: ShadowGit, ids: readonly string[]): Promise<{ bytes: number; damaged: Damage[] }> {
  const damaged: Damage[] = [];
  let bytes = 0;
  for (let at = 0; at < ids.length; ) {
    const read = await readAgain(shadow, ids.slice(at));
    bytes += read.bytes;
    damaged.push(...read.damaged);
    at += read.answered;
    if (at < ids.length) damaged.push({ id: ids[at] ?? '', reason: 'cannot be read' });
    at += 1;
  }
  return { bytes, damaged };
}
