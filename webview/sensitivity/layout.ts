/** Where the curves of a report lie on paper: scales, points, the nearest one, places for names. Pure. */
import { type CurvePoint, type SensitivityCurve } from '../../src/protocol/sensitivity';
import { type Rightwards, type Upwards } from './state';

/** The end of a scale, and the marks on it. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** A curve on paper: x from 0 (left) to 1, y from 0 (top) to 1. */
export interface Line {
  readonly curve: SensitivityCurve;
  readonly points: readonly { readonly x: number; readonly y: number; readonly point: CurvePoint }[];
}

/** The chart of some curves. */
export interface Chart {
  readonly x: Scale;
  readonly y: Scale;
  readonly lines: readonly Line[];
}

/** More decibels than this tell nothing apart: what is above is drawn at the upper edge. */
const mostDb = 60;
const leastDb = -10;

/** Lays out all curves on common scales, the most fragile first. */
export function chartOf(curves: readonly SensitivityCurve[], upwards: Upwards, rightwards: Rightwards): Chart {
  const yOf = (point: CurvePoint): number =>
    upwards === 'db' ? Math.max(leastDb, Math.min(mostDb, point.db ?? mostDb)) : (point.accuracy ?? 0);
  const points = curves.flatMap((curve) => curve.points);
  const x = scaleOf(0, Math.max(0.01, ...points.map((point) => point[rightwards])));
  const values = points.map(yOf);
  const y = upwards === 'db' ? scaleOf(Math.min(0, ...values), Math.max(20, ...values)) : scaleOf(0, 1);
  const place = (value: number, { from, to }: Scale): number => (value - from) / (to - from);
  const ranked = [...curves].sort((a, b) => a.rank - b.rank);
  return {
    x,
    y,
    lines: ranked.map((curve) => ({
      curve,
      points: curve.points.map((point) => ({
        x: place(point[rightwards], x),
        y: 1 - place(yOf(point), y),
        point,
      })),
    })),
  };
}

/** Round ends and about five marks: 1, 2 or 5 times a power of ten apart. */
export function scaleOf(least: number, most: number): Scale {
  const raw = (most - least) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const [first, last] = [Math.floor(least / step + 1e-9), Math.ceil(most / step - 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { from: ticks[0]!, to: ticks.at(-1)!, ticks };
}

/** A point of the chart, by the positions of its line and of itself. */
export interface Place {
  readonly line: number;
  readonly point: number;
}

/** The point nearest to a place on paper that is `width` by `height` pixels. */
export function nearest(chart: Chart, x: number, y: number, width: number, height: number): Place | undefined {
  let best: Place | undefined;
  let least = Infinity;
  chart.lines.forEach(({ points }, line) =>
    points.forEach((point, index) => {
      const distance = ((point.x - x) * width) ** 2 + ((point.y - y) * height) ** 2;
      if (distance < least) [least, best] = [distance, { line, point: index }];
    }),
  );
  return best;
}

/** Where an arrow key leads: up and down to other groups by rank, left and right along the curve. */
export function afterArrow(chart: Chart, { line, point }: Place, key: string): Place | undefined {
  const within = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
  const lines = chart.lines.length;
  const to = (next: number): Place => ({ line: next, point: within(point, chart.lines[next]!.points.length) });
  switch (key) {
    case 'ArrowUp':
      return to(within(line - 1, lines));
    case 'ArrowDown':
      return to(within(line + 1, lines));
    case 'Home':
      return to(0);
    case 'End':
      return to(lines - 1);
    case 'ArrowLeft':
      return { line, point: within(point - 1, chart.lines[line]!.points.length) };
    case 'ArrowRight':
      return { line, point: within(point + 1, chart.lines[line]!.points.length) };
    default:
      return undefined;
  }
}

/** Heights (from the top) for names that want to stand at `wanted`, at least `gap` apart, within `height`. */
export function spread(wanted: readonly number[], gap: number, height: number): number[] {
  const order = [...wanted.keys()].sort((a, b) => wanted[a]! - wanted[b]!);
  const places = [...wanted];
  let least = -Infinity;
  for (const index of order) least = (places[index] = Math.max(wanted[index]!, least)) + gap;
  let most = height;
  for (const index of order.reverse()) most = (places[index] = Math.min(places[index]!, most)) - gap;
  return places;
}

/** "conv1", or "conv1 and 2 more" where several layers make the channels. */
export function groupName(
  { nodes }: Pick<SensitivityCurve, 'nodes'>,
  more: (first: string, others: number) => string,
): string {
  const [first = ''] = nodes;
  return nodes.length > 1 ? more(first, nodes.length - 1) : first;
}
