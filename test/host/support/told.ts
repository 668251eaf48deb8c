/** What a watch of a workspace tells, call after call. */
import type { WatchBatch } from '../../../src/domain/host-api.ts';

/** From one tree on until another is told. */
export async function toldUntil(watch: (base: string, cursor: number) => Promise<WatchBatch>, base: string, tree: string): Promise<WatchBatch[]> {
  const batches: WatchBatch[] = [];
  for (let [from, cursor] = [base, 0]; from !== tree;) {
    const batch = await watch(from, cursor);
    if (batch.tree === from) throw new Error(`nothing more was told, and ${from} is not ${tree}`);
    batches.push(batch);
    ({ tree: from, cursor } = batch);
  }
  return batches;
}
