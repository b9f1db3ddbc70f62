/** What the tests of quantize-dynamic share. */
import assert from 'node:assert/strict';
import { type PassResult } from '../../src/pass/result';
import { apply } from '../../src/passes/quantize-dynamic/apply';
import { declaration } from '../../src/passes/quantize-dynamic/declaration';
import { type ModelBuilder } from './models';
import { runPass, sqnrOfOutputs } from './runPass';

/** The pass. */
export const pass = { declaration, apply };

/** Every layer that can be quantized, whether it gets faster or not: the same on every machine. */
export const all = { layers: 'all' } as const;

/** Applies with `layers: all` and checks properties and closeness in ONNX Runtime. */
export async function quantize(
  builder: ModelBuilder,
  options: Parameters<typeof runPass<(typeof declaration)['options']>>[2] = {},
  leastDb = 30,
): Promise<PassResult> {
  const model = builder.model();
  const result = await runPass(pass, model, { ...options, options: { ...all, ...options.options } });
  for (const db of await sqnrOfOutputs(model, result.model, { n: 5 })) assert.ok(db > leastDb, `${db.toFixed(1)} dB`);
  return result;
}
