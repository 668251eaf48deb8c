/** What one would write by hand: `ssh host tail -F file`, started again from where it stopped when ssh gives up. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { ALIAS, type Scene, type Trial } from './scene.ts';

interface Tail {
  child: ChildProcessByStdio<null, Readable, null>;
  received(): number;
  /** Resolves when so many bytes have come; rejects when ssh ends before. */
  reached(bytes: number): Promise<void>;
}

function tail({ configFile, path, out }: Scene, from: number): Tail {
  const child = spawn('ssh', ['-F', configFile, ALIAS, `tail -c +${from + 1} -F '${out}' 2>/dev/null`], { env: { PATH: path }, stdio: ['ignore', 'pipe', 'ignore'] });
  let received = from;
  child.stdout.on('data', (bytes: Buffer) => (received += bytes.length));
  const reached = async (bytes: number): Promise<void> => {
    while (received < bytes) {
      if (child.exitCode !== null) throw new Error('ssh ended');
      await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    }
  };
  return { child, received: () => received, reached };
}

export async function anchorTrial(scene: Scene): Promise<Trial> {
  const first = tail(scene, scene.outBytes());
  await first.reached(first.received() + 1);
  const since = performance.now();
  scene.proxy.swallow();
  await once(first.child, 'exit');
  const seenMs = performance.now() - since;
  const second = tail(scene, first.received());
  await second.reached(scene.outBytes());
  const caughtUpMs = performance.now() - since;
  second.child.kill();
  await once(second.child, 'exit');
  // The silent sessions end at the server too, ours with them: the next trial begins with a new link.
  const { closed } = await scene.hosts.link(ALIAS);
  scene.proxy.reset();
  await closed;
  return { seenMs, caughtUpMs };
}
