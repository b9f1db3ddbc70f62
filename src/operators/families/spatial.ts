/** Image and spatial operators: resizing, blocks to depth, grids, regions, boxes. */
import { type Dim, type Shape } from '../../graph/shape';
import { noCost, perElement } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { floorDivDims, mulDims, normalAxis, scaleDim, unknownDims } from '../dims';
import { scalarOf } from '../rules';

/** Opset 10 has scales as input 1; later ones roi, scales, sizes as inputs 1, 2, 3. */
function resize(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const [scalesAt, sizesAt] = context.opset < 11 ? [1, Infinity] : [2, 3];
  const axes = context.node.ints('axes')?.map((axis) => normalAxis(axis, input.length)) ?? input.map((_, axis) => axis);
  const sizes = context.contents(sizesAt)?.elements;
  const scales = context.numbers(scalesAt);
  const useSizes = sizes !== undefined && sizes.length > 0;
  if (!useSizes && !(scales && scales.length > 0)) {
    return context.tensor(0, context.dataType(0), unknownOn(input, context.node.ints('axes') ? axes : undefined));
  }
  const shape = useSizes ? sizedTo(context, input, axes, sizes) : scaledBy(input, axes, scales!);
  context.tensor(0, context.dataType(0), shape);
}

function unknownOn(input: Shape, axes: readonly number[] | undefined): Shape {
  return axes ? input.map((dim, axis) => (axes.includes(axis) ? null : dim)) : unknownDims(input.length);
}

function sizedTo(context: InferenceContext, input: Shape, axes: readonly number[], sizes: readonly Dim[]): Shape {
  const shape = [...input];
  const policy = context.node.string('keep_aspect_ratio_policy', 'stretch');
  axes.forEach((axis, index) => (shape[axis] = sizes[index] ?? null));
  if (policy === 'stretch') return shape;
  const ratios = axes.map((axis, index) => {
    const [size, dim] = [sizes[index], input[axis]];
    return typeof size === 'number' && typeof dim === 'number' ? size / dim : NaN;
  });
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  axes.forEach((axis) => {
    const dim = input[axis];
    shape[axis] = typeof dim === 'number' && Number.isFinite(scale) ? roundHalfUp(scale * dim) : null;
  });
  return shape;
}

const roundHalfUp = (x: number): number => Math.floor(x + 0.5);

/** Regions of interest cut no size down: runtime and onnx multiply the whole axis, whatever the specification says. */
function scaledBy(input: Shape, axes: readonly number[], scales: readonly number[]): Shape {
  const shape = [...input];
  axes.forEach((axis, index) => (shape[axis] = scaleDim(input[axis]!, scales[index]!)));
  return shape;
}

/** Scales as an attribute (opset 7, or height_scale and width_scale in opset 1) or as input 1 (opset 9). */
function upsample(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const { node } = context;
  const [height, width] = [node.float('height_scale'), node.float('width_scale')];
  const old = height !== undefined && width !== undefined ? [1, 1, height, width] : undefined;
  const scales = node.floats('scales') ?? old ?? context.numbers(1);
  const shape = scales ? input.map((dim, axis) => scaleDim(dim, scales[axis] ?? 1)) : unknownDims(input.length);
  context.tensor(0, context.dataType(0), shape);
}

/** Interpolation reads 2 neighbours per resized axis when linear, 4 when cubic. */
function resizeCost(context: CostContext): Cost {
  const mode = context.node.string('mode', 'nearest');
  if (mode === 'nearest') return noCost;
  const [input, output] = [context.shape(0), context.outputShape(0)];
  const axes = output?.filter((dim, axis) => String(dim) !== String(input?.[axis])).length ?? 0;
  return perElement(output, 2 * (mode === 'cubic' ? 4 : 2) ** axes);
}

function depthToSpace(context: InferenceContext): void {
  const input = context.shape(0);
  const block = context.node.int('blocksize', 1);
  if (input?.length !== 4) return context.tensor(0, context.dataType(0), input);
  const [n, c, h, w] = input as [Dim, Dim, Dim, Dim];
  const shape = [n, floorDivDims(c, block * block), mulDims(h, block), mulDims(w, block)];
  context.tensor(0, context.dataType(0), shape);
}

function spaceToDepth(context: InferenceContext): void {
  const input = context.shape(0);
  const block = context.node.int('blocksize', 1);
  if (input?.length !== 4) return context.tensor(0, context.dataType(0), input);
  const [n, c, h, w] = input as [Dim, Dim, Dim, Dim];
  const shape = [n, mulDims(c, block * block), floorDivDims(h, block), floorDivDims(w, block)];
  context.tensor(0, context.dataType(0), shape);
}

/** [N, C] of the image, spatial axes of the grid. */
function gridSample(context: InferenceContext): void {
  const [image, grid] = [context.shape(0), context.shape(1)];
  const spatial = grid?.slice(1, -1) ?? (image && unknownDims(image.length - 2));
  const shape = spatial && [image?.[0] ?? grid?.[0] ?? null, image?.[1] ?? null, ...spatial];
  context.tensor(0, context.dataType(0), shape);
}

/** From theta [N, r, r+1] and a size [N, C, …]: the coordinates of each position. */
function affineGrid(context: InferenceContext): void {
  const size = context.contents(1)?.elements;
  const length = context.shape(1)?.[0];
  if (size) return context.tensor(0, context.dataType(0), [size[0]!, ...size.slice(2), size.length - 2]);
  const unknown = typeof length === 'number' ? [...unknownDims(length - 1), length - 2] : undefined;
  context.tensor(0, context.dataType(0), unknown);
}

function roiAlign(context: InferenceContext): void {
  const [image, regions, batch] = [context.shape(0), context.shape(1), context.shape(2)];
  const { node } = context;
  const size = [node.int('output_height', 1), node.int('output_width', 1)];
  const count = regions?.[0] ?? batch?.[0] ?? null;
  context.tensor(0, context.dataType(0), [count, image?.[1] ?? null, ...size]);
}

/** [selected, 3]: at most max_output_boxes_per_class · batch · classes, but only running tells. */
function nonMaxSuppression(context: InferenceContext): void {
  const limit = scalarOf(context.contents(2));
  const count = limit === 0 || !context.has(2) ? 0 : context.freshSymbol(`${context.node.output(0)?.name}_count`);
  context.tensor(0, 'int64', [count, 3]);
}

/** Blocks [N, C·Πblock, L] laid back into an image. */
function col2im(context: InferenceContext): void {
  const [input, image, block] = [context.shape(0), context.contents(1)?.elements, context.contents(2)?.elements];
  const rank = image?.length ?? context.shape(1)?.[0];
  if (typeof rank !== 'number') return context.tensor(0, context.dataType(0), undefined);
  const area = block?.reduce<Dim>((product, dim) => mulDims(product, dim), 1) ?? null;
  const channels = floorDivDims(input?.[1] ?? null, area);
  context.tensor(0, context.dataType(0), [input?.[0] ?? null, channels, ...(image ?? unknownDims(rank))]);
}

function centerCropPad(context: InferenceContext): void {
  const [input, target] = [context.shape(0), context.contents(1)?.elements];
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const axes = context.node.ints('axes')?.map((axis) => normalAxis(axis, input.length)) ?? input.map((_, axis) => axis);
  const shape = [...input];
  axes.forEach((axis, index) => (shape[axis] = target?.[index] ?? null));
  context.tensor(0, context.dataType(0), shape);
}

/** [height, width, channels]; the size is in the encoded bytes. */
function imageDecoder(context: InferenceContext): void {
  const gray = context.node.string('pixel_format', 'RGB') === 'Grayscale';
  const name = context.node.output(0)?.name ?? 'image';
  const size = ['height', 'width'].map((axis) => context.freshSymbol(`${name}_${axis}`));
  context.tensor(0, 'uint8', [...size, gray ? 1 : 3]);
}

/** Members of this family. */
export const spatial = [
  ...defineOperators(['Resize'], { infer: resize, cost: resizeCost }),
  ...defineOperators(['Upsample'], { infer: upsample, cost: resizeCost }),
  ...defineOperators(['DepthToSpace'], { infer: depthToSpace }),
  ...defineOperators(['SpaceToDepth'], { infer: spaceToDepth }),
  ...defineOperators(['GridSample'], { infer: gridSample, cost: (context) => perElement(context.outputShape(0), 8) }),
  ...defineOperators(['AffineGrid'], { infer: affineGrid, cost: (context) => perElement(context.outputShape(0), 4) }),
  ...defineOperators(['RoiAlign'], { infer: roiAlign, cost: (context) => perElement(context.outputShape(0), 8) }),
  ...defineOperators(['NonMaxSuppression'], { infer: nonMaxSuppression }),
  ...defineOperators(['Col2Im'], { infer: col2im, cost: (context) => perElement(context.shape(0)) }),
  ...defineOperators(['CenterCropPad'], { infer: centerCropPad }),
  ...defineOperators(['ImageDecoder'], { infer: imageDecoder }),
];
