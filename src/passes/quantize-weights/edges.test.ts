import assert from 'node:assert/strict';
import { Graph } from '../../graph/graph';
import { Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { tensorType } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf } from '../../numerics/elements';
import { Random } from '../../numerics/random';
import { candidatesOf } from '../../pass/weights/candidates';
import { edgeWeights } from './edges';

/** Products in a row, x · W0 · W1 …, of the given widths, with a Relu between each two. */
function chain(widths: readonly number[]): Model {
  const model = new Model(new Graph('chain'));
  model.opsets.set('', 17);
  const { graph } = model;
  let value: Value = graph.addInput(graph.newValue('x', tensorType('float', [1, widths[0]!])));
  widths.slice(1).forEach((width, index) => {
    const shape = [widths[index]!, width];
    const values = new Random(index).normals(shape[0]! * width);
    const weight = graph.addInitializer(Tensor.ofBytes(`w${index}`, 'float', shape, bytesOf(values)));
    const product = graph.newValue(`product${index}`);
    graph.append(new Node({ opType: 'MatMul', inputs: [value, weight], outputs: [product] }));
    value = graph.newValue(`y${index}`);
    graph.append(new Node({ opType: 'Relu', inputs: [product], outputs: [value] }));
  });
  graph.outputs.push(value);
  return model;
}

const edgesOf = (model: Model): string[] => [...edgeWeights(model.graph, [...candidatesOf(model)])];

describe('passes/quantize-weights: edges', () => {
  it('are the first and the last layer, where they are a small part of the weights', () => {
    assert.deepEqual(edgesOf(chain([16, 256, 256, 8])), []);
    assert.deepEqual(edgesOf(chain([8, 256, 256, 256, 256, 8])), ['w0', 'w4']);
    assert.deepEqual(edgesOf(chain([64, 256, 256, 256, 256, 8])), ['w4']);
  });

  it('are no layers in between, however small', () => {
    assert.deepEqual(edgesOf(chain([8, 512, 8, 512, 512, 8])), ['w0', 'w4']);
  });
});
