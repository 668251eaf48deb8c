/** What global-setup started and global-teardown must end; the two run in one process. */
export interface Stoppable {
  stop(): Promise<unknown>;
}

const shared = globalThis as { holdpointTestServers?: Stoppable[] };

export const started: Stoppable[] = (shared.holdpointTestServers ??= []);
