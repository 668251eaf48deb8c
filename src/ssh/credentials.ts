/**
 * What a host is offered to sign in with: keys of the agent (those the config names first), then key files. The same
 * refusals as OpenSSH's: a key file others can read is not used. Passphrases are never asked for, agents never forwarded.
 */
import { readFile, stat } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, AuthHandlerMiddleware, ParsedKey } from 'ssh2';
import { orderedAgent } from './agent-keys.ts';
import type { Target } from './ssh-config.ts';

export interface Credentials {
  handler: AuthHandlerMiddleware;
  /** In words, filled while the sign-in runs. */
  tried: string[];
  /** Why something was not offered. */
  skipped: string[];
  /** What the server said it would take. */
  accepted: string[];
}

type Identity =
  | { kind: 'private'; file: string; key: Buffer; publicKey: Buffer }
  | { kind: 'public'; publicKey: Buffer }
  | { kind: 'skipped'; reason: string; publicKey: Buffer | null }
  | { kind: 'absent' };

/** Reads agent and key files. Never rejects: what cannot be used is listed in `skipped`. */
export async function loadCredentials(target: Target): Promise<Credentials> {
  const identities = await Promise.all(target.identityFiles.map(readIdentity));
  const named = identities.flatMap(each => (each.kind !== 'absent' && each.publicKey ? [each.publicKey] : []));
  const skipped = identities.flatMap(each => (each.kind === 'skipped' ? [each.reason] : []));
  const agent = target.agentSocket === null ? null : await orderedAgent(target.agentSocket, named, target.identitiesOnly);
  if (agent?.kind === 'unusable') skipped.push(agent.reason);
  const held = agent?.kind === 'agent' ? agent : null;
  const files = identities.filter(each => each.kind === 'private').filter(each => !held?.holds(each.publicKey));
  const offers: Offer[] = [
    ...(held === null ? [] : [{ words: `${held.keys} key(s) of the agent`, method: { type: 'agent' as const, username: target.user, agent: held.agent } }]),
    ...files.map(({ file, key }) => ({ words: file, method: { type: 'publickey' as const, username: target.user, key } })),
  ];
  return { ...offerInTurn(target.user, offers), skipped };
}

interface Offer {
  words: string;
  method: AnyAuthMethod;
}

/** Asks with `none` first: the answer names the methods the server takes, and no key is shown to one that takes none. */
function offerInTurn(user: string, offers: Offer[]): Omit<Credentials, 'skipped'> {
  const tried: string[] = [];
  const accepted: string[] = [];
  const left = [...offers];
  let asked = false;
  const handler = ((methods: string[] | null, _partial: boolean | null, next) => {
    if (methods) accepted.splice(0, accepted.length, ...methods);
    if (!asked) {
      asked = true;
      return next({ type: 'none', username: user });
    }
    const offer = methods && !methods.includes('publickey') ? undefined : left.shift();
    // The types forget it: `false` says that nothing is left to try.
    if (offer === undefined) return next(false as unknown as AnyAuthMethod);
    tried.push(offer.words);
    next(offer.method);
  }) satisfies AuthHandlerMiddleware;
  return { handler, tried, accepted };
}

async function readIdentity(file: string): Promise<Identity> {
  const info = await stat(file).catch(() => null);
  const beside = await readPublic(`${file}.pub`);
  if (info === null) return beside === null ? { kind: 'absent' } : { kind: 'public', publicKey: beside };
  const content = await readFile(file).catch((error: Error) => error);
  if (content instanceof Error) return { kind: 'skipped', reason: `${file} cannot be read (${content.message})`, publicKey: beside };
  const parsed = parse(content);
  if (!(parsed instanceof Error) && !parsed.isPrivateKey()) return { kind: 'public', publicKey: parsed.getPublicSSH() };
  const reason = unusable(file, info, parsed);
  if (reason !== null) return { kind: 'skipped', reason, publicKey: beside };
  return parsed instanceof Error ? { kind: 'absent' } : { kind: 'private', file, key: content, publicKey: parsed.getPublicSSH() };
}

function unusable(file: string, info: { mode: number; uid: number }, parsed: ParsedKey | Error): string | null {
  const others = info.mode & 0o077;
  if (others !== 0 && info.uid === process.getuid?.()) {
    return `${file} is open to others (mode ${(info.mode & 0o777).toString(8).padStart(4, '0')}): chmod 600 ${file}`;
  }
  if (!(parsed instanceof Error)) return null;
  if (/encrypted/i.test(parsed.message)) return `${file} has a passphrase and no agent holds it: ssh-add ${file}`;
  return `${file} is not a private key that can be used (${parsed.message})`;
}

async function readPublic(file: string): Promise<Buffer | null> {
  const content = await readFile(file).catch(() => null);
  const parsed = content === null ? null : parse(content);
  return parsed === null || parsed instanceof Error ? null : parsed.getPublicSSH();
}

/** An RSA file may hold several keys in old formats; the first one counts. */
function parse(content: Buffer): ParsedKey | Error {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(content);
  if (!Array.isArray(parsed)) return parsed;
  return (parsed as ParsedKey[])[0] ?? new Error('empty');
}
