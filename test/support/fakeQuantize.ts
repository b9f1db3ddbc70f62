/** Weights rounded to int8 and back: what quantization does to them, without a quantizer. */
import { cloneModel } from '../../src/graph/clone';
import { type Model } from '../../src/graph/model';
import { quantizeTensor } from '../../src/numerics/quantize';
import { floatTensor, setConstantInput } from '../../src/pass/channels/constant';
import { layerOf } from '../../src/pass/channels/layer';

/** A copy whose layers have weights of int8 precision, one scale per tensor or per output channel. */
export function fakeQuantized(model: Model, perChannel = false): Model {
  const copy = cloneModel(model);
  for (const node of copy.graph.allNodes()) {
    const layer = layerOf(node, copy.opset);
    if (!layer) continue;
    const { shape } = layer.weight;
    const rowsFirst = node.is('Conv') || node.int('transB', 0) === 1;
    const axis = perChannel ? (rowsFirst ? 0 : 1) : undefined;
    const { quantized, quantizer } = quantizeTensor(layer.weight.read(), shape, {
      type: 'int8',
      axis,
      symmetric: true,
    });
    setConstantInput(node, 1, floatTensor(shape, quantizer.dequantize(quantized)));
  }
  return copy;
}
