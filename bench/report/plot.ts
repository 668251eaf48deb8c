/** One SVG per series: how many of the samples took at most so long, ours and the anchor. No script, no font of its own. */
import type { Round, Series } from '../benchmark.ts';
import { quantile } from '../stats.ts';

const WIDTH = 720;
const HEIGHT = 320;
const LEFT = 56;
const RIGHT = 24;
const TOP = 64;
const BOTTOM = 48;
const STEPS = 200;
const TICKS = 5;

const ARMS = [{ arm: 'ours', colour: '#0b6bcb' }, { arm: 'anchor', colour: '#b45309' }] as const;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const text = (x: number, y: number, content: string, more = ''): string => `<text x="${x}" y="${y}" ${more}>${escape(content)}</text>`;

interface Scale {
  x: (value: number) => number;
  y: (share: number) => number;
  max: number;
}

/** The slowest hundredth would squeeze all others into a corner: the axis ends a little after it begins. */
function scaleOf(all: number[][]): Scale {
  const max = Math.max(...all.map((samples) => quantile(samples, 0.99))) * 1.1 || 1;
  return {
    max,
    x: (value) => LEFT + (Math.min(value, max) / max) * (WIDTH - LEFT - RIGHT),
    y: (share) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM),
  };
}

function curve(samples: number[], { x, y, max }: Scale, colour: string): string {
  const sorted = [...samples].sort((a, b) => a - b);
  const points = Array.from({ length: STEPS + 1 }, (_, n) => n / STEPS)
    .map((share) => [quantile(sorted, share), share] as const).filter(([value]) => value <= max)
    .map(([value, share]) => `${x(value).toFixed(1)},${y(share).toFixed(1)}`);
  return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>`;
}

function axes({ x, y, max }: Scale, unit: string): string[] {
  const marks = Array.from({ length: TICKS + 1 }, (_, n) => n / TICKS);
  return [
    ...marks.map((at) => `<line x1="${LEFT}" y1="${y(at)}" x2="${WIDTH - RIGHT}" y2="${y(at)}" stroke="#d4d4d4"/>`),
    ...marks.map((at) => text(LEFT - 8, y(at) + 4, `${Math.round(at * 100)} %`, 'text-anchor="end"')),
    ...marks.map((at) => text(x(at * max), HEIGHT - BOTTOM + 18, (at * max).toPrecision(3), 'text-anchor="middle"')),
    text(WIDTH - RIGHT, HEIGHT - 10, unit, 'text-anchor="end"'),
  ];
}

/** Share of samples (upwards) that took at most so long (to the right). */
export function plotOf(series: Series, rounds: readonly Round[]): string {
  const samples = { ours: rounds.flatMap(({ ours }) => ours), anchor: rounds.flatMap(({ anchor }) => anchor) };
  const scale = scaleOf([samples.ours, samples.anchor]);
  const names = { ours: 'Holdpoint', anchor: series.anchor };
  const legend = ARMS.map(({ arm, colour }, n) => text(LEFT, 38 + n * 16, `■ ${names[arm]} (${samples[arm].length})`, `fill="${colour}"`));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<title>${escape(series.what)}</title>`, '<rect width="100%" height="100%" fill="#fff"/>',
    text(LEFT, 20, `${series.key}: ${series.what}`, 'font-size="14" font-weight="bold"'), ...legend,
    ...axes(scale, series.unit), ...ARMS.map(({ arm, colour }) => curve(samples[arm], scale, colour)), '</svg>', '',
  ].join('\n');
}
