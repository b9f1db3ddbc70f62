import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { floatsOf, runModel } from '../../../test/support/runPass';
import { roundToFloat16 } from '../../../test/support/halves';
import { Random } from '../../numerics/random';
import { inferModel } from '../../operators/infer';
import { convert } from './convert';
import { planFloat16 } from './plan';
import { withRounding } from './rounding';

describe('passes/convert-float16, rounding', () => {
  for (const opset of [7, 17]) {
    it(`rounds like float16 does, opset ${opset}`, async () => {
      const random = new Random(4);
      const values = Float32Array.from({ length: 4096 }, () => random.normal() * 2 ** (random.integer(36) - 22));
      values.set([0, 1, -1, 65504, 65519, -65504, 1e9, -1e9, Infinity, -Infinity, 2 ** -24, 2 ** -25, 1e-9, 6.1e-5]);
      const model = build({ opset, inputs: { x: ['float', [4096]] } })
        .node('Neg', ['x'], 'n')
        .node('Neg', ['n'], 'y')
        .output('y')
        .model();
      const plan = planFloat16(model, inferModel(model), { exclude: [], keepIoTypes: true });
      const rounding = withRounding(convert(model, plan, true)).model;
      const feeds = { x: { dataType: 'float' as const, shape: [4096], data: values } };
      const rounded = floatsOf((await runModel(rounding, feeds)).y);
      for (const [index, value] of values.entries()) {
        const clamped = Math.max(-65504, Math.min(65504, value));
        const expected = roundToFloat16(clamped);
        const step = Math.max(2 ** -24, Math.abs(expected) * 2 ** -10);
        const got = rounded[index]!;
        // Ties, and what lies between the two roundings of the smallest numbers, may fall to the other side.
        const close = Math.abs(got - expected) <= step && Math.abs(got - clamped) <= 0.76 * step;
        assert.ok(close && roundToFloat16(got) === got, `${value}: ${got} for ${expected}`);
      }
    });
  }
});
