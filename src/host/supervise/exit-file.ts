/**
 * `exit` of the run in the working directory. Its room is taken before the run starts: a disk that the run has filled must not turn
 * an end into a loss.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunExit } from '../../domain/host-api.ts';
import { syncDirectory } from '../durable.ts';
import { errorCode, errorText } from '../host-error.ts';

const ROOM_BYTES = 4096;
const RETRY_MS = 1000;

export interface ExitFile {
  /**
   * Puts `exit` in place, complete and synced. Waits for as long as that takes, but not for a directory that was removed: then
   * there is nobody to tell.
   */
  complete(exit: RunExit): Promise<void>;
  /** Gives the room back: the run is another supervisor's. */
  discard(): Promise<void>;
}

/** Throws when there is no room even for this: then nothing has been started. */
export async function reserveExit(): Promise<ExitFile> {
  const temporary = `.exit.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = await open(temporary, 'wx', 0o600);
  await handle.writeFile(Buffer.alloc(ROOM_BYTES, ' '));
  return {
    complete: (exit) => untilWritten(handle, temporary, padded(exit)),
    discard: async () => {
      await handle.close();
      await rm(temporary, { force: true });
    },
  };
}

async function untilWritten(handle: FileHandle, temporary: string, content: Buffer): Promise<void> {
  for (;;) {
    try {
      await handle.write(content, 0, content.length, 0);
      await handle.sync();
      await rename(temporary, 'exit');
      return await syncDirectory('.');
    } catch (error) {
      process.stderr.write(`exit cannot be written: ${errorText(error)}\n`);
      if (errorCode(error) === 'ENOENT') return;
      await sleep(RETRY_MS);
    }
  }
}

/** JSON and blanks, exactly the room there is; a message that is too long is cut. */
function padded(exit: RunExit): Buffer {
  const content = Buffer.from(JSON.stringify(exit));
  if (content.length > ROOM_BYTES) return padded({ ...exit, message: (exit.message ?? '').slice(0, (exit.message ?? '').length >> 1) });
  return Buffer.concat([content, Buffer.alloc(ROOM_BYTES - content.length, ' ')]);
}
