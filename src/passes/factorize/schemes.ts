/** The ways in which a layer becomes a chain of thinner ones, and what each costs at each rank. */
import { countElements } from '../../graph/shape';
import { type Layer } from './layers';

/** `svd`: k×k to r channels, then 1×1. `input`: 1×1, then k×k. `tucker`: 1×1, k×k, 1×1. `spatial`: k×1, then 1×k.
 * `separable`: m filters a channel, then 1×1. */
export type SchemeId = 'svd' | 'input' | 'spatial' | 'tucker' | 'separable';

/** One layer of the chain; numbers are per group. */
export interface StageShape {
  readonly inputs: number;
  readonly outputs: number;
  /** Which axes of the kernel it covers. */
  readonly axes: readonly boolean[];
  /** One filter set for each input channel. */
  readonly depthwise?: boolean;
}

/** A way to factorize a layer at given ranks. */
export interface Candidate {
  readonly scheme: SchemeId;
  /** [r], or [inner, outer] for tucker. */
  readonly ranks: readonly number[];
  readonly macs: number;
  readonly parameters: number;
  /** Noise over signal: of the weights, or of the output where the inputs are known. */
  readonly loss: number;
}

/** The chain of a scheme. */
export function stagesOf(layer: Layer, scheme: SchemeId, ranks: readonly number[]): StageShape[] {
  const { inputs, outputs, kernel } = layer;
  const [inner = 1, outer = inner] = ranks;
  const all = kernel.map(() => true);
  const none = kernel.map(() => false);
  switch (scheme) {
    case 'svd':
      return [
        { inputs, outputs: inner, axes: all },
        { inputs: inner, outputs, axes: none },
      ];
    case 'input':
      return [
        { inputs, outputs: inner, axes: none },
        { inputs: inner, outputs, axes: all },
      ];
    case 'spatial':
      return [
        { inputs, outputs: inner, axes: [true, false] },
        { inputs: inner, outputs, axes: [false, true] },
      ];
    case 'tucker':
      return [
        { inputs, outputs: inner, axes: none },
        { inputs: inner, outputs: outer, axes: all },
        { inputs: outer, outputs, axes: none },
      ];
    case 'separable':
      return [
        { inputs, outputs: inputs * inner, axes: all, depthwise: true },
        { inputs: inputs * inner, outputs, axes: none },
      ];
  }
}

/** Weights of one stage, over all groups. */
const sizeOf = (layer: Layer, { inputs, outputs, axes, depthwise }: StageShape): number =>
  layer.groups *
  outputs *
  (depthwise ? 1 : inputs) *
  layer.kernel.reduce((product, extent, axis) => (axes[axis] ? product * extent : product), 1);

/** Parameters and MACs of a chain. An axis that is not covered yet still has the size of the input. */
export function costOf(
  layer: Layer,
  scheme: SchemeId,
  ranks: readonly number[],
): { readonly macs: number; readonly parameters: number } {
  let [macs, parameters] = [0, 0];
  const covered = layer.kernel.map(() => false);
  for (const stage of stagesOf(layer, scheme, ranks)) {
    stage.axes.forEach((covers, axis) => (covered[axis] ||= covers));
    const size = sizeOf(layer, stage);
    const finer = layer.growth.reduce((product, growth, axis) => (covered[axis] ? product : product * growth), 1);
    parameters += size;
    macs += size * layer.positions * finer;
  }
  return { macs, parameters };
}

/** The schemes that a layer's shape allows. */
export function schemesFor({ kernel, groups }: Layer): SchemeId[] {
  const taps = countElements(kernel);
  if (taps === 1) return ['svd'];
  const planar = kernel.length === 2 && kernel.every((extent) => extent > 1);
  return [
    'svd',
    'input',
    'tucker',
    ...(planar ? (['spatial'] as const) : []),
    ...(groups === 1 ? (['separable'] as const) : []),
  ];
}

/** The ranks that a scheme would need to lose nothing, per group. */
export function fullRanks({ inputs, outputs, kernel }: Layer, scheme: SchemeId): number[] {
  const taps = countElements(kernel);
  const [rows = 1, columns = 1] = kernel;
  switch (scheme) {
    case 'svd':
      return [Math.min(inputs * taps, outputs)];
    case 'input':
      return [Math.min(inputs, outputs * taps)];
    case 'spatial':
      return [Math.min(inputs * rows, outputs * columns)];
    case 'tucker':
      return [inputs, outputs];
    case 'separable':
      return [taps];
  }
}

/** How a person calls the chain: "3x1 to 32, 1x3". */
export function describe(layer: Layer, scheme: SchemeId, ranks: readonly number[]): string {
  if (layer.kernel.length === 0) return `rank ${ranks[0]}`;
  const size = (axes: readonly boolean[]): string =>
    layer.kernel.map((extent, axis) => (axes[axis] ? extent : 1)).join('x');
  const chain = stagesOf(layer, scheme, ranks).map(({ axes, outputs, depthwise }, index, all) => {
    const last = index === all.length - 1;
    const kind = `${size(axes)}${depthwise ? ' depthwise' : ''}`;
    return last ? kind : `${kind} to ${outputs * layer.groups}`;
  });
  return chain.join(', ');
}
