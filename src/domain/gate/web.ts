/** `WebFetch(domain:example.com)`: an allow rule means exactly that host (`*.example.com` the ones below it), a deny rule both. */

/** Lower-case host of an http or https address; undefined for anything else. */
export function hostOfUrl(url: unknown): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? hostname.replace(/\.$/, '') : undefined;
}

export function matchesDomain(pattern: string, host: string, orBelow: boolean): boolean {
  const domain = /^domain:(.+)$/.exec(pattern)?.[1]?.trim().toLowerCase();
  // A stop rule of another form is kept as a stop: what it meant is not known.
  if (domain === undefined) return orBelow;
  const name = domain.replace(/^\*\./, '');
  if (domain === '*') return true;
  const isBelow = host.endsWith(`.${name}`);
  return domain.startsWith('*.') ? isBelow || (orBelow && host === name) : host === name || (orBelow && isBelow);
}
