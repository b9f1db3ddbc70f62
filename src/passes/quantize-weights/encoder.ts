/** Carries out the form that was chosen for a weight. */
import { type Model } from '../../graph/model';
import { type BlockCoding, type BlockMethod } from '../../numerics/blocks/blocks';
import { halfQuadratic } from '../../numerics/blocks/hqq';
import { roundToNearest } from '../../numerics/blocks/rtn';
import { keepingSums } from '../../numerics/blocks/sums';
import { type Noise } from '../../numerics/quantize';
import { type RoundedWeights } from '../../pass/outputRounding';
import { blockLayout, blockLength } from '../../pass/weights/blockTensor';
import { quantizeMatrix } from '../../pass/weights/blockMatrix';
import { Builder } from '../../pass/weights/builder';
import { type Candidate } from '../../pass/weights/candidates';
import { lookupOverhead, LookupTables } from '../../pass/weights/lookup';
import { useBlockedDequantize } from './blocked';
import { type Form, formOf, type MatrixWeight, type Settings } from './forms';
import { useOperators } from './operators';
import {
  overheadOf,
  type Restored,
  restoreEightBits,
  restoreLookup,
  restoreSmallChannels,
  type Source,
} from './restore';

/** What a weight became. */
export interface Encoded {
  /** Such as `int8 per tensor`. */
  readonly to: string;
  readonly bytesAfter: number;
  readonly noise: Noise;
}

const notFinite = 'Its weight holds NaN or infinities.';

/** What is never below zero, or hardly, has a mean. */
const rectifiers: ReadonlySet<string> = new Set(['Relu', 'Clip', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Softplus']);

/**
 * Whether keeping the sums of blocks pays. MatMul is what transformers multiply by, mostly behind norms: activations without a mean,
 * where sums gain nothing and moved codes lose 0.3 dB. Gemm reads what Relu and pooling leave.
 */
function readsMean({ kind, node }: MatrixWeight['readers'][number]): boolean {
  const { producer } = node.input(0) ?? {};
  return kind !== 'MatMul' || (producer?.domain === '' && rectifiers.has(producer.opType));
}

/** Quantizes weights of one model, one after the other. */
export class Encoder {
  /** Forms that were used, for the notes. */
  readonly used = new Set<Form['kind']>();
  private readonly tables = new LookupTables();
  private readonly method: BlockMethod;
  /** Without keeping sums. */
  private readonly plain: BlockMethod;

  constructor(
    private readonly model: Model,
    private readonly options: Settings,
    /** Names of weights that keep 8 bits. */
    private readonly edges: ReadonlySet<string>,
    private readonly rounded: RoundedWeights = new Map(),
  ) {
    this.plain = options.method === 'hqq' ? halfQuadratic() : roundToNearest;
    this.method = options.keepSums ? keepingSums(this.plain) : this.plain;
  }

  /** Replaces one weight; a reason when that is not worth it or cannot be, and then nothing has changed. */
  encode(candidate: Candidate): Encoded | string {
    const form = formOf(candidate, this.options, this.edges);
    const { tensor } = candidate.constant;
    if (this.storedBytes(form, candidate) > 0.9 * tensor.byteLength) {
      return `${form.bits === 8 ? 'Eight' : form.bits === 4 ? 'Four' : 'Two'} bits would save next to nothing here.`;
    }
    const encoded =
      form.kind === 'operator' || form.kind === 'blocked'
        ? this.encodeMatrix(candidate, form, form.weight)
        : this.restore(candidate, form);
    if (typeof encoded !== 'string') this.used.add(form.kind);
    return encoded;
  }

  private coding({ bits }: Form, { constant }: Candidate, halfScales: boolean): BlockCoding {
    return {
      bits,
      symmetric: this.options.symmetric,
      halfScales: halfScales && constant.tensor.dataType === 'float16',
    };
  }

  private encodeMatrix(candidate: Candidate, form: Form, { matrix, readers, size }: MatrixWeight): Encoded | string {
    const { value, tensor, graph } = candidate.constant;
    const method = readers.some(readsMean) ? this.method : this.plain;
    const quantized = quantizeMatrix(matrix, size, this.coding(form, candidate, true), method);
    if (!Number.isFinite(quantized.noise.signal + quantized.noise.noise)) return notFinite;
    const weight = {
      name: value.name,
      graph,
      dataType: tensor.dataType === 'float16' ? ('float16' as const) : ('float' as const),
      matrix: quantized,
      readers,
    };
    let bytesAfter: number;
    if (form.kind === 'operator') {
      bytesAfter = useOperators({ ...weight, accuracyLevel: this.options.accuracyLevel });
      this.model.opsets.set('com.microsoft', this.model.opsets.get('com.microsoft') ?? 1);
    } else bytesAfter = useBlockedDequantize(weight);
    return { to: `${form.bits} bits, blocks of ${size}`, bytesAfter, noise: quantized.noise };
  }

  private restore(candidate: Candidate, form: Form): Encoded | string {
    const { constant, decision, anchor, inFunction } = candidate;
    const { value, tensor, graph } = constant;
    const source: Source = {
      value,
      tensor,
      build: new Builder(graph, anchor, inFunction),
      rounded: this.rounded.get(tensor),
    };
    const { symmetric, blockSize } = this.options;
    const channelAxis = this.axisOf(candidate);
    const channels = channelAxis === undefined ? 'per tensor' : `per channel (axis ${channelAxis})`;
    let result: Restored | undefined;
    let to: string;
    if (form.kind === 'lookup') {
      const coding = this.coding(form, candidate, false);
      result = restoreLookup(source, decision.axis, blockSize, coding, this.method, this.tables, inFunction);
      to = `${form.bits} bits, blocks of ${blockLength(blockLayout(tensor.shape, decision.axis, blockSize))}`;
    } else if (form.bits === 8) {
      result = restoreEightBits(
        source,
        form.kind === 'cast-mul' ? 'cast-mul' : 'dequantize-linear',
        channelAxis,
        symmetric,
      );
      to = `${symmetric ? 'int8' : 'uint8'} ${channels}`;
    } else {
      result = restoreSmallChannels(source, channelAxis, this.coding(form, candidate, false), this.method);
      to = `${form.bits} bits ${channels}`;
    }
    if (!result) return notFinite;
    value.replaceUsesWith(result.restored);
    return { to, bytesAfter: result.bytes, noise: result.noise };
  }

  /** Bytes that the form takes in the file, nodes and names included, about. */
  private storedBytes(form: Form, candidate: Candidate): number {
    const { value, tensor } = candidate.constant;
    const codes = (tensor.size * form.bits) / 8;
    const perScale = this.options.symmetric ? 4 : 5;
    if (form.kind === 'operator' || form.kind === 'blocked') {
      const { matrix, size } = form.weight;
      const scales = matrix.rows * Math.ceil(matrix.columns / size);
      return scales * (perScale + (size * form.bits) / 8) + overheadOf(value.name);
    }
    if (form.kind === 'lookup') {
      const layout = blockLayout(tensor.shape, candidate.decision.axis, this.options.blockSize);
      return codes + (tensor.size / blockLength(layout)) * perScale + lookupOverhead(value.name);
    }
    const axis = this.axisOf(candidate);
    return codes + (axis === undefined ? 1 : tensor.shape[axis]!) * 4 + overheadOf(value.name);
  }

  /** Axis with a scale for each index: the channels, where a channel has more than the four values a scale costs. */
  private axisOf({ constant, decision }: Candidate): number | undefined {
    const { shape, size } = constant.tensor;
    const { axis } = decision;
    if (this.options.granularity === 'tensor' || axis === undefined) return undefined;
    return size / shape[axis]! >= 4 && shape[axis]! > 1 ? axis : undefined;
  }
}
