/**
 * Runs shell scripts of ours on a host whose login shell may be anything (sh, csh, fish, zsh) and may talk: the command
 * line holds no character that shells read differently, and answers stand between sentinels nobody else can print.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, ClientChannel } from 'ssh2';
import { HoldpointError } from '../domain/failure-kind.ts';
import { seconds, within } from './deadline.ts';

/** csh of old refuses words longer than 1 KiB. */
const WORD = 768;

/** One line that every login shell hands to `sh` unchanged; the script's standard input stays free for data. */
export function commandLine(script: string): string {
  // Padded to whole base64 groups: a word that begins with `=` is special to zsh.
  const bytes = Buffer.from(script);
  const encoded = Buffer.concat([bytes, Buffer.alloc((3 - (bytes.length % 3)) % 3, '\n')]).toString('base64');
  const words = encoded.match(new RegExp(`.{1,${WORD}}`, 'g')) ?? [];
  return `exec sh -c 'eval "$(printf %s "$@" | base64 -d)"' sh ${words.join(' ')}`;
}

/** A word of `sh`. Throws for NUL: sshd would drop the whole connection. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new HoldpointError('bad_input', 'A path must not contain a NUL character');
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export const newSentinel = (): string => `holdpoint-${randomBytes(16).toString('hex')}`;

export interface ScriptResult {
  code: number | null;
  /** What the script printed, without what the login shell said before or after. */
  output: string;
  stderr: string;
}

/** Opens an exec channel. Throws `host_unreachable` when the connection does not allow it. */
export function openChannel(client: Client, command: string, host: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(new HoldpointError('host_unreachable', `Host "${host}" runs no command: ${error.message}`, { cause: error }));
    try {
      client.exec(command, (error, channel) => (error ? failed(error) : resolve(channel)));
    } catch (error) {
      failed(error as Error);
    }
  });
}

/** Runs `script` to its end, with `input` as its standard input. Throws `host_unreachable` when it does not end in time. */
export async function runScript(client: Client, host: string, script: string, timeoutMs: number, input: Readable = Readable.from([])): Promise<ScriptResult> {
  const sentinel = newSentinel();
  const framed = `printf '\\n%s\\n' ${sentinel}\n( ${script}\n)\ncode=$?\nprintf '\\n%s\\n' ${sentinel}\nexit $code\n`;
  const channel = await openChannel(client, commandLine(framed), host);
  // A script that ends early leaves the rest unread; its exit code tells why.
  const work = Promise.all([collect(channel, sentinel, host), pipeline(input, channel).catch(() => undefined)]).then(([result]) => result);
  work.catch(() => undefined);
  try {
    return await within(work, timeoutMs, () => new HoldpointError('host_unreachable', `Host "${host}" did not finish a command of ours within ${seconds(timeoutMs)}`));
  } finally {
    channel.destroy();
  }
}

const KEPT_BYTES = 1024 * 1024;

function collect(channel: ClientChannel, sentinel: string, host: string): Promise<ScriptResult> {
  return new Promise((resolve, reject) => {
    let output = '';
    let stderr = '';
    channel.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_BYTES);
    });
    channel.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4096);
    });
    // Not from 'exit': of a command that ends at once it comes with the packet that opened the channel, before we can listen.
    channel.on('close', (code?: number | null) => {
      // A command that ended, by a signal too, says so; a lost connection says nothing.
      if (code === undefined) reject(new HoldpointError('host_unreachable', `The connection to host "${host}" was lost while a command of ours ran`));
      else resolve({ code, output: output.split(`\n${sentinel}\n`)[1] ?? '', stderr: stderr.trim() });
    });
  });
}
