import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { type MeasuredAgainst } from '../../protocol/check';
import { checkModelHealth } from './check';

const times = (before: number, after: number, significant = true): MeasuredAgainst => {
  return { parent: '/models/net.onnx', medianMs: [before, after], speedup: before / after, significant };
};

/** A product with its weight as codes; with its input as codes too where `activations`. */
function product(quantized: boolean, activations = false) {
  const builder = build({ inputs: { x: ['float', [4, 8]] } })
    .initializer('s', 'float', [], [0.1])
    .initializer('z', 'int8', [], [0])
    .initializer('wq', 'int8', [8, 8])
    .initializer('wf', 'float', [8, 8]);
  if (quantized) builder.node('DequantizeLinear', ['wq', 's', 'z'], 'w');
  else builder.node('Identity', ['wf'], 'w');
  if (activations) {
    builder.node('QuantizeLinear', ['x', 's', 'z'], 'xq').node('DequantizeLinear', ['xq', 's', 'z'], 'xf');
  }
  return builder.node('MatMul', [activations ? 'xf' : 'x', 'w'], 'y').output('y').model();
}

async function found(model: ReturnType<typeof product>, measured?: MeasuredAgainst) {
  const options = { limit: 20, breathe: () => Promise.resolve(), ...(measured && { measured }) };
  return (await checkModelHealth(model, options)).diagnostics.filter(({ code }) => code === 'slower-than-float');
}

describe('profile/diagnostics/slower-than-float', () => {
  it('says what was measured, and mends the float model', async () => {
    const [dynamic] = await found(product(true), times(9.1, 12.4));
    assert.match(dynamic!.message, /^It is 1\.36 times slower than "net\.onnx".*\(measured: 9\.10 → 12\.4 ms\)/);
    assert.deepEqual([dynamic!.fix?.pass, dynamic!.fixModel], ['quantize-dynamic', '/models/net.onnx']);
    const [again] = await found(product(true, true), times(1, 2));
    assert.equal(again!.fix?.pass, 'quantize-static');
  });

  it('says nothing that was not measured, is in the noise, or is of a float model', async () => {
    assert.deepEqual(await found(product(true)), []);
    assert.deepEqual(await found(product(true), times(12, 9)), []);
    assert.deepEqual(await found(product(true), times(9, 9.4, false)), []);
    assert.deepEqual(await found(product(false), times(9, 12)), []);
  });
});
