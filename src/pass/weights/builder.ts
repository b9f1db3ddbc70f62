/** Makes constants and nodes right before a node: what restores a weight. */
import { Attribute } from '../../graph/attribute';
import { codeOfDataType, type DataType } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { Value } from '../../graph/value';
import { fromNumbers } from '../../numerics/elements';

/** Outputs get no declared type: every reader can infer it. */
export class Builder {
  constructor(
    readonly graph: Graph,
    private readonly anchor: Node,
    /** Functions cannot hold initializers: constants are nodes there. */
    private readonly inFunction: boolean,
  ) {}

  /** A constant under a name of its own. */
  constant(tensor: Tensor): Value {
    const named = tensor.with({ name: this.graph.uniqueName(tensor.name) });
    if (!this.inFunction) return this.graph.addInitializer(named);
    return this.node('Constant', [], named.name, [Attribute.tensor('value', named)]);
  }

  /** A list of int64, as Reshape and Slice want them. */
  integers(name: string, numbers: readonly number[]): Value {
    return this.constant(Tensor.ofBytes(name, 'int64', [numbers.length], fromNumbers('int64', numbers)));
  }

  /** A node of ai.onnx whose output is named after `base` and the operator. */
  fresh(opType: string, inputs: readonly Value[], base: string, attributes: readonly Attribute[] = []): Value {
    return this.node(opType, inputs, this.graph.uniqueName(`${base}_${opType}_Output`), attributes);
  }

  /** A Cast. */
  cast(value: Value, type: DataType, base: string): Value {
    return this.fresh('Cast', [value], base, [Attribute.int('to', codeOfDataType(type))]);
  }

  private node(opType: string, inputs: readonly Value[], output: string, attributes: readonly Attribute[]): Value {
    const value = new Value(output);
    this.graph.insertBefore(this.anchor, new Node({ opType, inputs, outputs: [value], attributes }));
    return value;
  }
}
