/**
 * Decides about the key a server shows. The key must be in known_hosts: there is no trust on first use, no question and
 * no switch that turns this off. Host certificates are not spoken by the SSH library, so @cert-authority never accepts.
 */
import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { HoldpointError } from '../domain/failure-kind.ts';
import { hostKeyName } from './known-hosts.ts';
import type { KnownKey } from './known-hosts.ts';
import type { Target } from './ssh-config.ts';

export type HostKeyVerdict =
  | { kind: 'accepted' }
  | { kind: 'unknown' }
  | { kind: 'changed'; known: KnownKey }
  | { kind: 'revoked'; known: KnownKey };

/** Pure. `shown` is the key as it came over the wire. */
export function judgeHostKey(known: KnownKey[], shown: Buffer): HostKeyVerdict {
  const key = shown.toString('base64');
  const revoked = known.find(line => line.marker === 'revoked' && line.key === key);
  if (revoked) return { kind: 'revoked', known: revoked };
  const plain = known.filter(line => line.marker === 'none');
  if (plain.some(line => line.key === key)) return { kind: 'accepted' };
  const other = plain.find(line => !line.withoutPort && line.type === keyType(shown));
  return other ? { kind: 'changed', known: other } : { kind: 'unknown' };
}

const ALGORITHMS: { algorithm: ServerHostKeyAlgorithm; type: string }[] = [
  { algorithm: 'ssh-ed25519', type: 'ssh-ed25519' },
  { algorithm: 'ecdsa-sha2-nistp256', type: 'ecdsa-sha2-nistp256' },
  { algorithm: 'ecdsa-sha2-nistp384', type: 'ecdsa-sha2-nistp384' },
  { algorithm: 'ecdsa-sha2-nistp521', type: 'ecdsa-sha2-nistp521' },
  { algorithm: 'rsa-sha2-512', type: 'ssh-rsa' },
  { algorithm: 'rsa-sha2-256', type: 'ssh-rsa' },
];

/** All algorithms we accept, those of known keys first: else a server could show a key of a kind we have not met. */
export function hostKeyAlgorithms(known: KnownKey[]): ServerHostKeyAlgorithm[] {
  const met = new Set(known.filter(line => line.marker === 'none').map(line => line.type));
  return [...ALGORITHMS.filter(({ type }) => met.has(type)), ...ALGORITHMS.filter(({ type }) => !met.has(type))].map(each => each.algorithm);
}

/** First field of the wire form: length, then the name of the type. */
export function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** As OpenSSH prints it: `SHA256:` and base64 without padding. */
export const fingerprint = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The refusal for the user: what was shown, what was expected, where, and what to run. Undefined when accepted. */
export function hostKeyError(target: Target, known: KnownKey[], shown: Buffer): HoldpointError | undefined {
  const verdict = judgeHostKey(known, shown);
  const is = `${keyType(shown)} ${fingerprint(shown)}`;
  switch (verdict.kind) {
    case 'accepted': return undefined;
    case 'unknown': return unknownKey(target, known, is);
    case 'changed': return changedKey(target, verdict.known, is);
    case 'revoked': return revokedKey(target, `${verdict.known.file} line ${verdict.known.line}`, is, verdict.known);
  }
}

function unknownKey(target: Target, known: KnownKey[], shown: string): HoldpointError {
  const file = target.knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  const authority = known.find(line => line.marker === 'authority');
  const why = authority ? ` (${authority.file} line ${authority.line} names a certificate authority; host certificates are not supported)` : '';
  const port = target.port === 22 ? '' : `-p ${target.port} `;
  const add = target.proxy.kind === 'none' && target.hostKeyAlias === null
    ? `ssh-keyscan ${port}${target.hostname} | tee /dev/stderr >> ${file}`
    : `ssh ${target.alias} true`;
  return new HoldpointError('host_key_unknown', `The host key of "${target.alias}" is not in known_hosts${why}. ${hostKeyName(target)} shows ${shown}`, {
    hint: `Compare that fingerprint with the host's own (on the host: for k in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $k; done), then add the key: ${add}`,
    where: { file },
  });
}

function changedKey(target: Target, known: KnownKey, shown: string): HoldpointError {
  const expected = fingerprint(Buffer.from(known.key, 'base64'));
  const message = `The host key of "${target.alias}" has changed. ${known.file} line ${known.line} has ${known.type} ${expected}; ${hostKeyName(target)} shows ${shown}`;
  return new HoldpointError('host_key_changed', message, {
    hint: 'Somebody may be listening in. If you know that the host was set up anew, compare fingerprints on the host itself, then: '
      + `ssh-keygen -R '${hostKeyName(target)}' -f ${known.file}, and add the new key`,
    where: { file: known.file, line: known.line },
  });
}

export function revokedKey(target: Target, by: string, shown: string, known?: KnownKey): HoldpointError {
  return new HoldpointError('host_key_changed', `The host key of "${target.alias}" is revoked by ${by}; ${hostKeyName(target)} shows ${shown}`, {
    hint: 'Do not connect. Ask who runs the host for its new key.',
    ...(known && { where: { file: known.file, line: known.line } }),
  });
}
