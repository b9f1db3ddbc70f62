/**
 * Cross-layer equalization (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
 * Correction", section 4.1): scales for which what makes a channel and what reads it have the same largest weight.
 */
import { minMax } from '../../numerics/minMax';
import { type Group } from '../../pass/channels/groups';
import { forEachPair, type Layer, magnitudes } from '../../pass/channels/layer';

/** Sweeps at most; chains settle in about ten. */
const mostSweeps = 100;
/** Largest change of a factor in a sweep (natural logarithm) at which it is settled. */
const settled = 1e-3;
/** A channel this much smaller than the largest beside it is dead: scaling it up would only scale up its bias. */
const dead = 1e-6;

/** Factors by class, 1 where nothing is to be done. A channel's values are multiplied by its factor. */
export function equalize(groups: readonly Group[], classCount: number): Float64Array {
  const factors = new Float64Array(classCount).fill(1);
  const layers = new Map<Layer, Weights>();
  for (const { makers, readers } of groups) {
    for (const { layer, roots } of makers) weightsOf(layers, layer).made = roots;
    for (const { layer, roots } of readers) weightsOf(layers, layer).read = roots;
  }
  const [made, read] = [new Float64Array(classCount), new Float64Array(classCount)];
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let moved = 0;
    for (const group of groups) moved = Math.max(moved, balance(group, { layers, factors, made, read }));
    if (moved < settled) break;
  }
  return factors;
}

/** The magnitudes of a layer's weight, and the classes of its two sides as far as they may be scaled. */
interface Weights {
  readonly magnitudes: Float32Array;
  made?: Int32Array;
  read?: Int32Array;
}

function weightsOf(layers: Map<Layer, Weights>, layer: Layer): Weights {
  const known = layers.get(layer) ?? { magnitudes: magnitudes(layer) };
  layers.set(layer, known);
  return known;
}

interface State {
  readonly layers: ReadonlyMap<Layer, Weights>;
  readonly factors: Float64Array;
  /** Largest weight that makes, and that reads, each class; scratch. */
  readonly made: Float64Array;
  readonly read: Float64Array;
}

/** One step for one group: f = √(r2/r1) for every class; returns the largest change. */
function balance({ classes, makers, readers }: Group, { layers, factors, made, read }: State): number {
  for (const root of classes) made[root] = read[root] = 0;
  for (const side of makers) widest(side.layer, layers.get(side.layer)!, factors, side.roots, made, true);
  for (const side of readers) widest(side.layer, layers.get(side.layer)!, factors, side.roots, read, false);
  const most = (widths: Float64Array): number => minMax(classes.map((root) => widths[root]!)).max;
  const [mostMade, mostRead] = [most(made), most(read)];
  let moved = 0;
  for (const root of classes) {
    const [r1, r2] = [made[root]!, read[root]!];
    if (!(r1 > dead * mostMade && r2 > dead * mostRead)) continue;
    const step = Math.sqrt(r2 / r1);
    factors[root] = factors[root]! * step;
    moved = Math.max(moved, Math.abs(Math.log(step)));
  }
  return moved;
}

function widest(
  { grid }: Layer,
  { magnitudes: sizes, made, read }: Weights,
  factors: Float64Array,
  roots: Int32Array,
  widths: Float64Array,
  byOutput: boolean,
): void {
  forEachPair({ ...grid, inner: 1 }, (output, input, at) => {
    const factor = (made ? factors[made[output]!]! : 1) / (read ? factors[read[input]!]! : 1);
    const root = roots[byOutput ? output : input]!;
    const size = sizes[at]! * factor;
    if (size > widths[root]!) widths[root] = size;
  });
}
