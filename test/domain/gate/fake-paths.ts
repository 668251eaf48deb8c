/** A small file system of links for the gate's tests: the deepest link wins, as on a real one. */
const LINKS: [from: string, to: string][] = [
  ['/ws/out', '/etc'],
  ['/ws/link-to-env', '/ws/.env'],
  ['/ws/src/gen-link', '/ws/src/generated'],
  ['/ws', '/real/ws'],
];

export function resolvePath(path: string): string {
  let real = path === '~' || path.startsWith('~/') ? `/home/me${path.slice(1)}` : path;
  for (const [from, to] of LINKS) if (real === from || real.startsWith(`${from}/`)) real = to + real.slice(from.length);
  return real;
}
