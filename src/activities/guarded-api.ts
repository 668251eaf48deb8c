/** The host's methods with secrets kept out of their answers, before anything of them is stored. */
import { HOST_METHODS, type HostApi, type HostMethod, type RunChunk, type SecretSource } from '../domain/host-api.ts';
import type { TextRedactor } from '../domain/redaction.ts';

export interface Guard {
  /** Kept on the host, which hides them itself. */
  hide: SecretSource[];
  /** Knows what this worker has read. */
  redactor: TextRedactor;
}

type Method = (p: object) => Promise<unknown>;

/**
 * The same methods. A path, a command line or a message may hold a secret that the agent put there; only what is known is taken
 * out, so that a file whose name looks like a key keeps its name. The host is told with every request what it keeps: a program that was
 * just started knows nothing yet. The bytes of a stream and of a transcript are redacted line by line when stored.
 */
export function guardedApi(api: HostApi, { hide, redactor }: Guard): HostApi {
  const guard = (name: HostMethod): Method => async (p) => {
    const request = hide.length > 0 ? { ...p, hide } : p;
    const answer = await (api[name] as Method)(request);
    if (name === 'readSession') return answer;
    return name === 'readRun' ? { ...(answer as RunChunk), state: redactor.known((answer as RunChunk).state) } : redactor.known(answer);
  };
  return Object.fromEntries(HOST_METHODS.map((name) => [name, guard(name)])) as unknown as HostApi;
}
