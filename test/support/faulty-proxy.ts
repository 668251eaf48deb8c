/** The drill's proxy before a server on loopback. */
import { startLinkProxy, type LinkProxy } from '../../src/drill/link-proxy.ts';

export type FaultyProxy = LinkProxy;

/** Forwards 127.0.0.1:<port> to 127.0.0.1:`targetPort`. */
export const startFaultyProxy = (targetPort: number): Promise<FaultyProxy> => startLinkProxy({ host: '127.0.0.1', port: targetPort });
