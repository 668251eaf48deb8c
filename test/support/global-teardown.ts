/** Ends what global-setup started, the last first, and nothing else. */
import { started } from './servers.ts';

export default async function globalTeardown(): Promise<void> {
  for (const server of started.splice(0).reverse()) await server.stop();
}
