/** Activations quantized as they come: one DynamicQuantizeLinear per value and graph, shared by all its readers. */
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { tensorType } from '../../graph/shape';
import { type Value } from '../../graph/value';

/** Outputs of DynamicQuantizeLinear: uint8 codes, and scale and zero point (scalars). */
export interface QuantizedActivation {
  readonly codes: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

/** Makes and shares quantized activations. */
export class ActivationStore {
  private readonly known = new Map<Graph, Map<Value, QuantizedActivation>>();

  /** `value` quantized right before `reader` or earlier; readers must be asked for in the order of the graph. */
  quantize(value: Value, reader: Node, graph: Graph): QuantizedActivation {
    const here = this.known.get(graph) ?? new Map<Value, QuantizedActivation>();
    this.known.set(graph, here);
    const before = here.get(value);
    if (before) return before;
    const shape = value.type?.kind === 'tensor' ? value.type.shape : undefined;
    const outputs: QuantizedActivation = {
      codes: graph.newValue(`${value.name}_quantized`, tensorType('uint8', shape)),
      scale: graph.newValue(`${value.name}_scale`, tensorType('float', [])),
      zeroPoint: graph.newValue(`${value.name}_zero_point`, tensorType('uint8', [])),
    };
    graph.insertBefore(
      reader,
      new Node({
        opType: 'DynamicQuantizeLinear',
        name: `${value.name}_QuantizeLinear`,
        inputs: [value],
        outputs: [outputs.codes, outputs.scale, outputs.zeroPoint],
      }),
    );
    here.set(value, outputs);
    return outputs;
  }
}
