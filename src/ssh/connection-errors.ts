/** Sentences for a connection that does not come about or ends: what happened, at which stage, what to do. */
import { HoldpointError } from '../domain/failure-kind.ts';
import type { Credentials } from './credentials.ts';
import { seconds } from './deadline.ts';
import type { Target } from './ssh-config.ts';
import type { Transport } from './transport.ts';

type Ssh2Error = Error & { level?: string; code?: string | number };

/** Names the stage that failed: sign-in, negotiation, silence, or a connection that was closed. */
export function connectionError(target: Target, credentials: Credentials, transport: Transport, timeoutMs: number, error: Ssh2Error): HoldpointError {
  const place = `${target.hostname} port ${target.port}${transport.through}`;
  const said = transport.complaint() === '' ? '' : ` (${transport.complaint()})`;
  if (error.level === 'client-authentication' || triedTooOften(credentials, error)) return authError(target, credentials);
  if (/no matching/i.test(error.message)) return weakServer(target, place, error);
  const what = error.level === 'client-timeout'
    ? `${place} did not finish the SSH handshake within ${seconds(timeoutMs)}`
    : `${place} ended the connection before it was signed in: ${error.message}`;
  return new HoldpointError('host_unreachable', `Host "${target.alias}" cannot be reached: ${what}${said}`, { cause: error });
}

/** A server hangs up on too many keys instead of refusing the last one. */
const triedTooOften = (credentials: Credentials, error: Ssh2Error): boolean =>
  credentials.tried.length > 0 && /too many authentication failures/i.test(error.message);

function weakServer(target: Target, place: string, error: Error): HoldpointError {
  return new HoldpointError('host_unsupported', `${place} offers only algorithms that are not accepted: ${error.message}`, {
    hint: `Accepted are curve25519 key exchange; ed25519, ecdsa and rsa-sha2 host keys; AES-GCM and ChaCha20-Poly1305. Update the SSH server of "${target.alias}".`,
    details: { stage: 'negotiation' },
    cause: error,
  });
}

function authError(target: Target, { tried, skipped, accepted }: Credentials): HoldpointError {
  const offered = tried.length === 0 ? 'there was nothing to offer' : `offered: ${tried.join(', ')}`;
  const left = skipped.length === 0 ? '' : `; not used: ${skipped.join(', ')}`;
  const takes = accepted.length === 0 ? '' : `; the server takes: ${accepted.join(', ')}`;
  return new HoldpointError('host_auth_failed', `${target.user}@${target.alias} was not let in (${offered}${left}${takes})`, {
    hint: `Make "ssh -o BatchMode=yes ${target.alias} true" work: put the public key into ~/.ssh/authorized_keys of ${target.user} on the host, `
      + 'name it with IdentityFile, or load it into the agent with ssh-add. Passwords are not used.',
    details: { tried, skipped, accepted },
  });
}

/** The link was up and is gone. */
export function lostError(target: Target, reason: Ssh2Error): HoldpointError {
  const what = reason.level === 'client-timeout' ? 'it stopped answering' : reason.message;
  return new HoldpointError('host_unreachable', `The connection to host "${target.alias}" is lost: ${what}`, { cause: reason });
}
