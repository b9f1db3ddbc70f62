/**
 * Whether this machine's 8-bit kernels saturate. x86 without VNNI multiplies bytes in pairs and adds them up in 16 bits
 * (VPMADDUBSW): 255·127 twice does not fit. Asking the runtime is surer than asking the processor.
 */
import { Graph } from '../../graph/graph';
import { Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { tensorType } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { encodeModel } from '../../graph/toOnnx';
import { Value } from '../../graph/value';
import { type InferenceRuntime } from '../../runtime/port';

const depth = 64;
const columns = 32;

/** Multiplies the largest codes with each other and looks whether the sums are right. */
export async function saturates(runtime: InferenceRuntime): Promise<boolean> {
  const session = await runtime.open(encodeModel(product()));
  try {
    const data = new Uint8Array(depth).fill(255);
    const { y } = await session.run({ x: { dataType: 'uint8', shape: [1, depth], data } });
    return Array.from(y!.data as Int32Array).some((sum) => sum !== 255 * 127 * depth);
  } finally {
    await session.close();
  }
}

function product(): Model {
  const model = new Model(new Graph('product'));
  const { graph } = model;
  model.opsets.set('', 10);
  const x = graph.addInput(new Value('x', tensorType('uint8', [1, depth])));
  const codes = new Uint8Array(new Int8Array(depth * columns).fill(127).buffer);
  const w = graph.addInitializer(Tensor.ofBytes('w', 'int8', [depth, columns], codes));
  const y = new Value('y', tensorType('int32', [1, columns]));
  graph.append(new Node({ opType: 'MatMulInteger', inputs: [x, w], outputs: [y] }));
  graph.outputs.push(y);
  return model;
}
