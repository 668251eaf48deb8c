/** `~`, %-tokens and lists of files as OpenSSH writes them in `ssh -G` (ssh_config(5), TOKENS). */
import { existsSync } from 'node:fs';
import { hostname as localHostname, userInfo } from 'node:os';
import { join } from 'node:path';

export interface TokenValues {
  alias: string;
  hostname: string;
  user: string;
  port: number;
  hostKeyAlias: string | null;
}

/** Replaces the tokens OpenSSH knows; an unknown one stays as it is and the file is then not found, as with OpenSSH. */
export function expandTokens(text: string, of: TokenValues): string {
  const me = userInfo();
  const table: Record<string, string> = {
    '%': '%', d: me.homedir, h: of.hostname, i: String(me.uid), k: of.hostKeyAlias ?? of.alias,
    L: localHostname().split('.')[0] ?? '', l: localHostname(), n: of.alias, p: String(of.port), r: of.user, u: me.username,
  };
  return text.replaceAll(/%(.)/g, (whole, token: string) => table[token] ?? whole);
}

/** The home folder is the one of the account, as OpenSSH has it, whatever HOME says. */
export function expandHome(path: string): string {
  if (path === '~') return userInfo().homedir;
  return path.startsWith('~/') ? join(userInfo().homedir, path.slice(2)) : path;
}

/** `ssh -G` joins file names with blanks and drops the quotes: the longest run of words that names a file is one name. */
export function splitFileList(text: string): string[] {
  const words = text.split(' ').filter(word => word !== '');
  const files: string[] = [];
  while (words.length > 0) {
    let take = words.length;
    while (take > 1 && !existsSync(expandHome(words.slice(0, take).join(' ')))) take -= 1;
    files.push(expandHome(words.splice(0, take).join(' ')));
  }
  return files;
}
