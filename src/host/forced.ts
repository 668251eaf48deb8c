/**
 * What a key may do whose line in authorized_keys says `restrict,command="node …/host.mjs forced"`: start this program, or one of
 * another version that lies beside it. Whatever else is asked for over SSH is refused.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCode } from './host-error.ts';

export interface ForcedCall {
  /** What the client asked for, as sshd hands it on; undefined for a shell. */
  asked: string | undefined;
  /** File of this program. */
  self: string;
  /** Words after `serve` for another version of this program. */
  options: string[];
  /** Serves with this very program. */
  serve: () => Promise<number>;
}

/** The worker looks for the first words: they tell it that the host wants to be asked in this way. */
const REFUSAL = 'holdpoint-forced 1: this key starts the host program of Holdpoint and nothing else\n';

const REQUEST = /^holdpoint serve (?<sha256>[0-9a-f]{64}) (?<sentinel>holdpoint-[0-9a-f]{32})$/;

/** Carries out the one request that is allowed; answers the exit code of the process. */
export async function forced({ asked = '', self, options, serve }: ForcedCall): Promise<number> {
  const { sha256 = '', sentinel = '' } = REQUEST.exec(asked)?.groups ?? {};
  if (sha256 === '') return say(REFUSAL, 126);
  const file = await programFile(self, sha256);
  if (file === null) return say(`there is no host program ${sha256}.mjs in ${dirname(self)}\n`, 127);
  process.stdout.write(`\n${sentinel}\n`);
  if (file === self) return serve();
  process.argv.splice(1, process.argv.length, file, 'serve', ...options);
  await import(pathToFileURL(file).href);
  return 0;
}

/** The file whose content has this hash: this program's own, or a neighbour named by it. */
async function programFile(self: string, sha256: string): Promise<string | null> {
  for (const file of [self, join(dirname(self), `${sha256}.mjs`)]) {
    if (await hashOf(file) === sha256) return file;
  }
  return null;
}

async function hashOf(file: string): Promise<string | null> {
  try {
    return createHash('sha256').update(await readFile(file)).digest('hex');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function say(words: string, code: number): number {
  process.stderr.write(words);
  return code;
}
