/** The user's ssh agent, seen through the ssh config: keys the config names come first, and alone with IdentitiesOnly. */
import ssh2 from 'ssh2';
import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';

export type AgentKeys =
  | { kind: 'agent'; agent: InstanceType<typeof ssh2.BaseAgent>; keys: number; holds(publicKey: Buffer): boolean }
  | { kind: 'unusable'; reason: string };

/** Asks the agent at `socket` for its keys. Never rejects. */
export async function orderedAgent(socket: string, named: Buffer[], namedOnly: boolean): Promise<AgentKeys> {
  const agent = ssh2.createAgent(socket);
  const keys = await identities(agent);
  if (keys instanceof Error) return { kind: 'unusable', reason: `the agent at ${socket} does not answer (${keys.message})` };
  const isNamed = (key: ParsedKey): boolean => named.some(each => each.equals(key.getPublicSSH()));
  const offered = [...keys.filter(isNamed), ...(namedOnly ? [] : keys.filter(key => !isNamed(key)))];
  if (offered.length === 0) return { kind: 'unusable', reason: `the agent at ${socket} holds no key to offer` };
  return {
    kind: 'agent',
    agent: new ChosenKeys(agent, offered),
    keys: offered.length,
    holds: key => offered.some(each => each.getPublicSSH().equals(key)),
  };
}

function identities(agent: InstanceType<typeof ssh2.BaseAgent>): Promise<ParsedKey[] | Error> {
  return new Promise(resolve => {
    agent.getIdentities((error, keys) => {
      if (error) return resolve(error);
      const parsed = (keys ?? []).map(key => ssh2.utils.parseKey(key as ParsedKey));
      resolve(parsed.filter((key): key is ParsedKey => !(key instanceof Error)));
    });
  });
}

class ChosenKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: InstanceType<typeof ssh2.BaseAgent>;
  readonly #keys: ParsedKey[];

  constructor(agent: InstanceType<typeof ssh2.BaseAgent>, keys: ParsedKey[]) {
    super();
    this.#agent = agent;
    this.#keys = keys;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    done(undefined, this.#keys);
  }

  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
    if (typeof options === 'function') this.#agent.sign(key, data, {}, options);
    else this.#agent.sign(key, data, options, done);
  }
}
