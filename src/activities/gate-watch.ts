/** The gate is the only source of permission: a run in which a tool ran by another is ended as soon as its stream says so. */
import type { StreamFold } from '../domain/agent.ts';
import type { StreamStore } from './stream-store.ts';

/** The same store; `stop` is called once, after the line that tells of it is stored. Push nothing to look at what was stored before. */
export function watchGate(store: StreamStore, fold: StreamFold, stop: () => Promise<unknown>): StreamStore {
  let stopped = false;
  const push: StreamStore['push'] = async (bytes) => {
    await store.push(bytes);
    if (stopped || fold.summary(null).bypasses.length === 0) return;
    stopped = true;
    await stop();
  };
  return new Proxy(store, { get: (target, name): unknown => (name === 'push' ? push : Reflect.get(target, name, target)) });
}
