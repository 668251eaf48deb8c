/** Ours: the link of a worker, and the reads by which a turn follows its run. */
import { ALIAS, RUN_KEY, type Scene, type Trial } from './scene.ts';

const CHUNK_BYTES = 512 * 1024;

export async function ourTrial(scene: Scene): Promise<Trial> {
  const { hosts, proxy } = scene;
  const link = await hosts.link(ALIAS);
  let offset = scene.outBytes();
  const read = async (api: typeof link.api): Promise<void> => {
    const { data } = await api.readRun({ key: RUN_KEY, stream: 'out', offset, maxBytes: CHUNK_BYTES, waitMs: 10_000 });
    offset += Buffer.from(data, 'base64').length;
  };
  const following = (async () => {
    for (;;) await read(link.api);
  })().catch(() => undefined);
  const since = performance.now();
  proxy.swallow();
  await Promise.all([link.closed, following]);
  const seenMs = performance.now() - since;
  const { api } = await hosts.link(ALIAS);
  const target = scene.outBytes();
  while (offset < target) await read(api);
  return { seenMs, caughtUpMs: performance.now() - since };
}
