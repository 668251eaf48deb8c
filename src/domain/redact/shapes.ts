/** Secrets known by their look: tokens of well-known issuers, bearer headers, passwords in URLs, private keys. */

import type { Span } from './spans.ts';

export const MASK = '[redacted]';

interface Shape {
  source: string;
  /** In every match. Cheap to look for: most text has none of them. */
  sign: string;
  /** Text put in place of a match. */
  mask: (match: string) => string;
}

/** No shape but a private key crosses a line end, and none is longer than LONGEST_SHAPE. */
export const LONGEST_SHAPE = 4096;
export const LONGEST_KEY = 16_384;

const blank = (): string => MASK;
// Not in the middle of a longer word: `task-ant-…` is no key.
const START = '(?<![A-Za-z0-9_])';

const SHAPES: Shape[] = [
  { sign: 'sk-', source: `${START}sk-[A-Za-z0-9_-]{16,512}`, mask: blank },
  { sign: 'sk-ant-', source: `${START}sk-ant-[A-Za-z0-9_-]{6,512}`, mask: blank },
  { sign: 'gh[pousr]_|github_pat_|glpat-', source: `${START}(?:gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,255})`, mask: blank },
  { sign: 'A[KS]IA', source: `${START}(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])`, mask: blank },
  { sign: 'xox|npm_|AIza', source: `${START}(?:xox[abeoprs]-[A-Za-z0-9-]{10,255}|npm_[A-Za-z0-9]{30,255}|AIza[A-Za-z0-9_-]{30,64})`, mask: blank },
  { sign: 'eyJ', source: `${START}eyJ[A-Za-z0-9_-]{8,2000}\\.[A-Za-z0-9_-]{8,2000}(?:\\.[A-Za-z0-9_-]{0,90})?`, mask: blank },
  {
    sign: '[Bb]earer[ \\t]', source: '[Bb]earer[ \\t]{1,4}(?:[A-Za-z0-9._~+/-]{20,4000}|(?=[A-Za-z._~+/-]{0,19}[0-9])[A-Za-z0-9._~+/-]{6,19})={0,2}',
    mask: (match) => `${match.slice(0, 6)} ${MASK}`,
  },
  { sign: '[Bb]asic[ \\t]', source: '[Bb]asic[ \\t]{1,4}[A-Za-z0-9+/]{12,2000}={0,2}', mask: (match) => `${match.slice(0, 5)} ${MASK}` },
  {
    sign: '://', source: '://[^\\s:/@"\'\\\\]{0,128}:[^\\s/@"\'\\\\]{1,256}@',
    mask: (match) => `${match.slice(0, match.indexOf(':', 3) + 1)}${MASK}@`,
  },
  {
    sign: '-----BEGIN ', source: `-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[A-Za-z0-9+/=\\s:,]|\\\\[nr]|-(?!----)){0,${LONGEST_KEY}}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?`,
    mask: blank,
  },
];

const SIGNS = new RegExp([...new Set(SHAPES.map(({ sign }) => sign))].join('|'));
const ALL = new RegExp(SHAPES.map(({ source }) => `(${source})`).join('|'), 'g');

/** Replaces every known shape. */
export function maskShapes(text: string): string {
  if (!SIGNS.test(text)) return text;
  return text.replace(ALL, (match: string, ...groups: unknown[]) => {
    const found = SHAPES[groups.findIndex((group) => group !== undefined)];
    return found ? found.mask(match) : MASK;
  });
}

/** Where the shapes are. */
export const shapeSpans = (text: string): Span[] => Array.from(text.matchAll(ALL), ({ index, 0: match }) => ({ start: index, end: index + match.length }));

/** Whether a private key that ends at `end` may go on in text still to come. */
export function keyMayGoOn(text: string, { start, end }: Span): boolean {
  if (!text.startsWith('-----BEGIN', start) || text.slice(start, end).includes('-----END')) return false;
  const rest = text.slice(end);
  return rest.length < 64 && !rest.includes('\n') && (rest === '\\' || '-----END'.startsWith(rest.slice(0, 8)));
}
