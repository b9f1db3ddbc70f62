/** Weights in 8 bits: reads a constant as a stack of matrices [batch, K, N], quantizes it once, adds the initializers. */
import { Attribute } from '../../graph/attribute';
import { type ConstantSource } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { ChannelRange, channelLayout, type Noise, Quantizer, sqnrDb } from '../../numerics/quantize';
import { transpose } from '../../numerics/transpose';
import { FloatReader } from '../../pass/floatPieces';

/** How weights are coded. */
export interface WeightCoding {
  /** int8 around 0 for products of matrices, uint8 around 128 for convolutions (int8 takes a slow path there). */
  readonly type: 'int8' | 'uint8';
  readonly perChannel: boolean;
  readonly reduceRange: boolean;
}

/** Quantized weights as initializers of the graph that held the float ones. */
export interface QuantizedWeight {
  readonly codes: Value;
  readonly scale: Value;
  /** Bytes of both. */
  readonly bytes: number;
  /** null when nothing was lost. */
  readonly sqnrDb: number | null;
}

/** A stack of matrices whose columns are output channels. */
export interface Matrices {
  /** All of their values, one matrix after the other. */
  readonly tensor: Tensor;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
}

/** Codes and scales: one scale per column of each matrix, or (per tensor) one per matrix of the stack. */
export interface QuantizedMatrices {
  readonly codes: Int8Array | Uint8Array;
  readonly scales: Float32Array;
  readonly noise: Noise;
}

/** Zero point of the uint8 coding. */
export const uint8Zero = 128;

/**
 * Quantizes symmetrically: scale = absmax/127 (absmax/64 and absmax/63 for reduced int8 and uint8). int8 uses
 * [−127, 127] or [−64, 64]; uint8 is centred on 128, also where a column is all zeros, since ConvInteger takes one
 * zero point for all. The weights are read twice, piece by piece.
 */
function quantizeMatrices(matrices: Matrices, coding: WeightCoding): QuantizedMatrices {
  const { tensor, batch, rows, columns, axis } = laidOut(matrices, coding);
  const channels = axis === 0 ? rows : axis === 1 ? columns : 1;
  const codes = coding.type === 'int8' ? new Int8Array(tensor.size) : new Uint8Array(tensor.size);
  const scales = new Float32Array(batch * channels);
  const zero = coding.type === 'int8' ? 0 : uint8Zero;
  const top = coding.reduceRange ? (coding.type === 'int8' ? 64 : 63) : 127;
  const layout = channelLayout([rows, columns], axis);
  const size = rows * columns;
  const reader = new FloatReader(tensor);
  let signal = 0;
  let noise = 0;
  for (let item = 0; item < batch; item++) {
    const first = item * size;
    const range = new ChannelRange(layout);
    for (const { start, values } of reader.pieces(first, size)) range.add(values, start);
    const own = scales.subarray(item * channels, (item + 1) * channels);
    for (let channel = 0; channel < channels; channel++) own[channel] = range.absMax(channel) / top || 1;
    const quantizer = new Quantizer(layout, own, new Int32Array(channels).fill(zero), {
      qmin: zero - top,
      qmax: zero + top,
    });
    for (const { start, values } of reader.pieces(first, size)) {
      const lost = quantizer.noise(values, start, codes.subarray(first + start, first + start + values.length));
      signal += lost.signal;
      noise += lost.noise;
    }
  }
  return { codes, scales, noise: { signal, noise } };
}

/**
 * Matrices with the axis that scales go along. A stack of single columns (rows of an embedding) is one matrix with a scale
 * for each row: tens of thousands of matrices would each take longer to begin than to quantize.
 */
function laidOut(matrices: Matrices, { perChannel }: WeightCoding): Matrices & { readonly axis: 0 | 1 | undefined } {
  const { batch, rows, columns } = matrices;
  if (columns !== 1 || batch === 1) return { ...matrices, axis: perChannel ? 1 : undefined };
  return { ...matrices, batch: 1, rows: batch, columns: rows, axis: 0 };
}

/** The constant in the axis order in which it is read: itself, where nothing is turned. */
export function sourceTensor({ tensor, perm }: ConstantSource): Tensor {
  if (!perm || perm.every((axis, index) => axis === index)) return tensor;
  const values = transpose(toFloat32(tensor.dataType, tensor.bytes(), tensor.size), tensor.shape, perm);
  const shape = perm.map((axis) => tensor.shape[axis]!);
  return Tensor.ofBytes(tensor.name, 'float', shape, bytesOf(values));
}

/** The same in memory. */
export function readSource(source: ConstantSource): { values: Float32Array; shape: readonly number[] } {
  const tensor = sourceTensor(source);
  return { values: toFloat32(tensor.dataType, tensor.bytes(), tensor.size), shape: tensor.shape };
}

/** Shape of the constant as it is read. */
export function shapeOfSource({ tensor, perm }: ConstantSource): readonly number[] {
  return perm ? perm.map((axis) => tensor.shape[axis]!) : tensor.shape;
}

/** What reads a weight, and so how its codes are laid out. */
type Reader = 'product' | 'rows' | 'lstm' | 'conv' | 'attention';

/** Names the form in which a reader takes a constant. */
export const formOf = (reader: Reader, { tensor, perm = [] }: ConstantSource): string =>
  [reader, tensor.shape, perm.every((axis, index) => axis === index) ? '' : perm].join(' ');

/** The form in which rows are looked up of a matrix that a product reads turned, or the other way round. */
export function turnedForm(reader: 'product' | 'rows', source: ConstantSource): string | undefined {
  if (source.tensor.shape.length !== 2) return undefined;
  const perm = source.perm?.[0] === 1 ? [0, 1] : [1, 0];
  return formOf(reader === 'product' ? 'rows' : 'product', { ...source, perm });
}

/** Adds an initializer with a name that nobody has. */
export function addInitializer(graph: Graph, tensor: Tensor): Value {
  return graph.addInitializer(tensor.with({ name: graph.uniqueName(tensor.name) }));
}

/** Quantizes each constant once, however many layers read it in the same way. */
export class WeightStore {
  private readonly known = new Map<Value, Map<string, QuantizedWeight>>();

  /**
   * The quantized form of `source`; `form` names it. `read` gives the matrices with the shapes that their codes and
   * scales are stored in. Where the form `turned` is known, its codes are taken, which runtimes turn when they load the
   * model. `first` is true when nobody asked for either form before. Undefined when the constant holds infinities or NaN.
   */
  quantize(
    source: ConstantSource,
    { form, turned }: { readonly form: string; readonly turned?: string | undefined },
    coding: WeightCoding,
    read: () => { matrices: Matrices; codesShape: readonly number[]; scaleShape: readonly number[]; factor?: number },
  ): { readonly weight: QuantizedWeight; readonly first: boolean } | undefined {
    const forms = this.known.get(source.root) ?? new Map<string, QuantizedWeight>();
    this.known.set(source.root, forms);
    const before = forms.get(form);
    if (before) return { weight: before, first: false };
    const twin = turned === undefined ? undefined : forms.get(turned);
    if (twin) {
      const weight = turn(twin, source);
      forms.set(form, weight);
      return { weight, first: false };
    }
    const { matrices, codesShape, scaleShape, factor = 1 } = read();
    const { codes, scales, noise } = quantizeMatrices(matrices, coding);
    if (!Number.isFinite(noise.signal + noise.noise)) return undefined;
    if (factor !== 1) scales.forEach((scale, index) => (scales[index] = scale * factor));
    const base = source.root.name;
    const sqnr = sqnrDb(noise);
    const codesTensor = Tensor.ofBytes(`${base}_quantized`, coding.type, codesShape, bytesOf(codes));
    const scaleTensor = Tensor.ofBytes(`${base}_scale`, 'float', scaleShape, bytesOf(scales));
    const weight: QuantizedWeight = {
      codes: addInitializer(source.graph, codesTensor),
      scale: addInitializer(source.graph, scaleTensor),
      bytes: codesTensor.byteLength + scaleTensor.byteLength,
      sqnrDb: Number.isFinite(sqnr) ? sqnr : null,
    };
    forms.set(form, weight);
    return { weight, first: true };
  }
}

/** A matrix as the transpose of one that is stored; rows of an embedding have scales in a column, those of a product in a row. */
function turn({ codes, scale, sqnrDb }: QuantizedWeight, { graph }: ConstantSource): QuantizedWeight {
  const output = graph.newValue(`${codes.name}_turned`);
  const attributes = [Attribute.ints('perm', [1, 0])];
  const node = new Node({ opType: 'Transpose', inputs: [codes], outputs: [output], attributes });
  const [first] = graph.nodes();
  graph.insertBefore(first!, node);
  const tensor = scale.constant!;
  const { length } = tensor.shape;
  const shape = length === 0 ? [] : length === 1 ? [tensor.size, 1] : [tensor.size];
  const stored = addInitializer(graph, tensor.with({ shape }));
  return { codes: output, scale: stored, bytes: stored.constant!.byteLength, sqnrDb };
}
