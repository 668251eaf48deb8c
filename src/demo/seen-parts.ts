/** Parts that show themselves only at work: the agent, and the program that Holdpoint puts beside the code. */
import { readFileSync } from 'node:fs';
import { eventsAfter } from '../db/stream-reader.ts';
import type { StatusProject } from '../db/status.ts';
import type { Db } from '../db/transaction.ts';
import { processesOf } from './leftovers.ts';

export interface SeenPart {
  name: string;
  version: string | null;
  pid: number | null;
}

/** The version is the agent's own word at the beginning of its stream, the process that of the same run. */
async function agentPart(db: Db, status: StatusProject): Promise<SeenPart> {
  const { events } = await eventsAfter(db, { project: status.project }, null);
  const init = events.find(({ kind }) => kind === 'init');
  const { claude_code_version: version } = (init?.json ?? {}) as { claude_code_version?: string };
  const runs = status.milestones.flatMap(({ tasks }) => tasks).flatMap(({ turns }) => turns).flatMap((turn) => turn.runs);
  return { name: 'claude-code', version: version ?? null, pid: runs.find(({ key }) => key === init?.run)?.pid ?? null };
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};

/** Its file is named by its content, which is its version. Only on the demo's own host: others may run there elsewhere. */
function hostProgramParts(home: string | null): SeenPart[] {
  const found = home === null ? [] : processesOf(home).map((pid) => ({ pid, sha: /([0-9a-f]{64})\.mjs\0serve/.exec(commandOf(pid))?.[1] }));
  return found.flatMap(({ pid, sha }) => (sha ? [{ name: 'host program', version: `sha256 ${sha.slice(0, 12)}`, pid }] : []));
}

/** `home`: HOME of the demo's own host; null when it is the user's. */
export const seenParts = async (db: Db, status: StatusProject, home: string | null): Promise<SeenPart[]> =>
  [...hostProgramParts(home), await agentPart(db, status)];
