/** Puts the methods of the API together and serves them on stdio. */
import type { HostMethod } from '../domain/host-api.ts';
import { HOST_METHODS } from '../domain/host-api.ts';
import { hello } from './hello.ts';
import { HostError } from './host-error.ts';
import { serveRpc, type Handlers } from './rpc.ts';
import type { HostSettings } from './settings.ts';

export async function serve(settings: HostSettings): Promise<void> {
  const missing = async (): Promise<never> => {
    throw new HostError('internal', 'not served yet');
  };
  const none = Object.fromEntries(HOST_METHODS.map((method: HostMethod) => [method, missing])) as unknown as Handlers;
  await serveRpc({ ...none, hello: async () => hello(settings.version) }, process.stdin, process.stdout);
}
