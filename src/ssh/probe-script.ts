/**
 * What is asked of a host before our program can run there: system, home, the PATH of a login shell, every Node that can
 * be found, and which of our files are already in place. The script is POSIX sh; the answer is `key value` lines.
 */
import { HoldpointError } from '../domain/failure-kind.ts';
import { newSentinel, quote } from './remote-script.ts';

export interface FoundNode {
  path: string;
  version: string;
}

export interface HostFacts {
  os: string;
  arch: string;
  home: string;
  /** PATH as a login shell has it, then what the bare session had. */
  path: string;
  nodes: FoundNode[];
  bundle: boolean;
}

/** Where nvm, fnm, volta, asdf, n, Homebrew and snap put Node, for hosts whose shell does not tell; PATH has the rest. */
const USUAL_PLACES = [
  '"$HOME"/.cache/holdpoint/node-v*/bin', '"$HOME"/.nvm/versions/node/*/bin', '"$HOME"/.local/share/fnm/node-versions/*/installation/bin',
  '"$HOME"/.volta/bin', '"$HOME"/.asdf/shims', '"$HOME"/.local/bin', '"$HOME"/n/bin', '/opt/node*/bin',
  '/home/linuxbrew/.linuxbrew/bin', '/snap/bin',
].join(' ');

/**
 * The login shell's own words go to /dev/null or stand outside the sentinel; a shell that hangs is ended by `timeout`.
 * csh knows no -l beside -c, and reads its rc file anyway.
 */
export function probeScript(bundleSha256: string): string {
  const mark = newSentinel();
  return `
limit() { if command -v timeout >/dev/null 2>&1; then timeout -k 1 "$@"; else shift; "$@"; fi; }
ask() { limit 10 "$SHELL" "$1" "sh -c 'echo ${mark}\\"\\$PATH\\"${mark}'" </dev/null 2>/dev/null; }
: "\${HOME:=$(cd ~ && pwd)}" "\${SHELL:=/bin/sh}"
case "\${SHELL##*/}" in csh|tcsh) flags='-ic -c' ;; *) flags='-ilc -lc' ;; esac
login=
for flag in $flags; do
  said=$(ask $flag)
  case $said in *${mark}*${mark}*) login=\${said#*${mark}}; login=\${login%%${mark}*}; break ;; esac
done
echo "os $(uname -s)"; echo "arch $(uname -m)"; echo "home $HOME"; echo "path \${login:+$login:}$PATH"
IFS=:; set -f; set -- $login $PATH; set +f; unset IFS
seen=:; count=0
for dir in "$@" ${USUAL_PLACES}; do
  node=$dir/node
  case $dir in /*) ;; *) continue ;; esac
  case $seen in *":$node:"*) continue ;; esac
  seen=$seen$node:
  [ -f "$node" ] && [ -x "$node" ] && [ $count -lt 20 ] || continue
  count=$((count + 1))
  echo "node $(limit 5 "$node" --version </dev/null 2>/dev/null) $node"
done
sum=$(sha256sum "$HOME/.cache/holdpoint/${bundleSha256}.mjs" 2>/dev/null)
[ "\${sum%% *}" = ${quote(bundleSha256)} ] && echo 'bundle yes'
echo 'end yes'
`;
}

/** Reads the answer; throws `host_unsupported` when the script did not come to its end. */
export function readFacts(host: string, output: string, stderr: string): HostFacts {
  const lines = output.split('\n').map(line => /^(\S+) (.*)$/.exec(line)).filter(found => found !== null);
  const one = (key: string): string => lines.find(([, name]) => name === key)?.[2] ?? '';
  if (one('end') === '') {
    throw new HoldpointError('host_unsupported', `Host "${host}" did not run a plain sh script to its end${stderr === '' ? '' : `: ${stderr}`}`, {
      hint: `These must work there, in the session that "ssh ${host}" opens: sh, printf, base64, uname (coreutils or busybox).`,
    });
  }
  const nodes = lines.filter(([, name]) => name === 'node').map(([, , rest = '']) => readNode(rest)).filter(node => node !== null);
  return { os: one('os'), arch: one('arch'), home: one('home'), path: uniquePath(one('path')), nodes, bundle: one('bundle') === 'yes' };
}

function readNode(text: string): FoundNode | null {
  const [, version, path] = /^(v\d+\.\d+\.\d+)\S* (\/.*)$/.exec(text) ?? [];
  return version === undefined || path === undefined ? null : { version, path };
}

const uniquePath = (path: string): string => [...new Set(path.split(':').filter(dir => dir.startsWith('/')))].join(':');

const WANTED = [22, 22, 0];

/** chokidar 6 sets the floor. */
export function isNewEnough(version: string): boolean {
  const parts = version.replace(/^v/, '').split('.').map(Number);
  const differing = WANTED.findIndex((wanted, at) => (parts[at] ?? 0) !== wanted);
  return differing < 0 || (parts[differing] ?? 0) > (WANTED[differing] ?? 0);
}
