/** Puts a quantized tensor in the place of a float constant, with the nodes that restore it. */
import { Attribute } from '../../graph/attribute';
import { codeOfDataType, type DataType } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { Value } from '../../graph/value';
import { fromNumbers } from '../../numerics/elements';
import { type Quantizer } from '../../numerics/quantize';

/** How the float weights come back. */
export type RestoreForm = 'cast-mul' | 'dequantize-linear';

/** Everything about one weight that is to be replaced. */
export interface Replacement {
  /** The float constant. */
  readonly value: Value;
  readonly float: Tensor;
  readonly quantized: Tensor;
  readonly quantizer: Quantizer;
  readonly axis?: number;
  readonly form: RestoreForm;
  /** Asymmetric: zero points have to be stored. */
  readonly zeroPoints: boolean;
  /** Functions cannot hold initializers. */
  readonly inFunction: boolean;
}

/** Inserts the restoring nodes before `anchor`, redirects all readers and returns the bytes stored instead. */
export function replaceWeight(graph: Graph, anchor: Node, replacement: Replacement): number {
  const { value, quantized, zeroPoints, form } = replacement;
  const build = new Builder(graph, anchor, replacement);
  const q = build.constant(quantized);
  const scale = parameter(replacement, 'scale');
  const zero = zeroPoints ? parameter(replacement, 'zero_point') : undefined;
  const restored = build.restored(form, q, build.constant(scale), zero && build.constant(zero));
  value.replaceUsesWith(restored);
  return quantized.byteLength + scale.byteLength + (zero?.byteLength ?? 0);
}

/** Scale or zero points as a tensor: [C] for DequantizeLinear, broadcast along the axis for arithmetic. */
function parameter(replacement: Replacement, what: 'scale' | 'zero_point'): Tensor {
  const { value, float, quantized, quantizer, axis, form } = replacement;
  const arithmetic = form === 'cast-mul';
  const type: DataType = what === 'zero_point' && !arithmetic ? quantized.dataType : 'float';
  const numbers = what === 'scale' ? quantizer.scales : quantizer.zeroPoints;
  const count = numbers.length;
  const along = float.shape.map((_, index) => (index === axis ? count : 1));
  const shape = axis === undefined ? [] : arithmetic ? along : [count];
  return Tensor.ofBytes(`${value.name}_${what}`, type, shape, fromNumbers(type, numbers));
}

/** Makes constants and nodes in front of the anchor. Outputs have no declared type: every reader can infer it. */
class Builder {
  constructor(
    private readonly graph: Graph,
    private readonly anchor: Node,
    private readonly replacement: Replacement,
  ) {}

  constant(tensor: Tensor): Value {
    const named = tensor.with({ name: this.graph.uniqueName(tensor.name) });
    if (!this.replacement.inFunction) return this.graph.addInitializer(named);
    return this.node('Constant', [], named.name, [Attribute.tensor('value', named)]);
  }

  /**
   * Restores in float32 and casts from there to what the weights were: ONNX Runtime on a CPU can fold that when it
   * loads the model, but has no float16 Mul to fold.
   */
  restored(form: RestoreForm, q: Value, scale: Value, zero: Value | undefined): Value {
    const { value, float, axis } = this.replacement;
    const base = value.name;
    let restored: Value;
    if (form === 'dequantize-linear') {
      const attributes = axis === undefined ? [] : [Attribute.int('axis', axis)];
      restored = this.fresh('DequantizeLinear', zero ? [q, scale, zero] : [q, scale], base, attributes);
    } else {
      restored = this.fresh('Cast', [q], base, [castTo('float')]);
      if (zero) restored = this.fresh('Sub', [restored, zero], base);
      restored = this.fresh('Mul', [restored, scale], base);
    }
    return float.dataType === 'float' ? restored : this.fresh('Cast', [restored], base, [castTo(float.dataType)]);
  }

  private fresh(opType: string, inputs: readonly Value[], base: string, attributes: readonly Attribute[] = []): Value {
    return this.node(opType, inputs, this.graph.uniqueName(`${base}_${opType}_Output`), attributes);
  }

  private node(opType: string, inputs: readonly Value[], output: string, attributes: readonly Attribute[]): Value {
    const value = new Value(output);
    this.graph.insertBefore(this.anchor, new Node({ opType, inputs, outputs: [value], attributes }));
    return value;
  }
}

const castTo = (type: DataType): Attribute => Attribute.int('to', codeOfDataType(type));

/** Least version of ai.onnx that can restore weights: Mul broadcasts from 7 on, DequantizeLinear has axes from 13 on. */
export function restoredOpset(form: RestoreForm, granularity: 'channel' | 'tensor'): number {
  if (form === 'cast-mul') return 7;
  return granularity === 'channel' ? 13 : 10;
}

/** Bytes that the restoring nodes and the names they need add to the file, about. */
export function overheadOf(name: string): number {
  return 140 + 6 * name.length;
}
