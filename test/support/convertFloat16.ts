/** Conversion to float16 by the rules alone, checked in ONNX Runtime. */
import assert from 'node:assert/strict';
import { type Model } from '../../src/graph/model';
import { type PassResult } from '../../src/pass/result';
import { apply } from '../../src/passes/convert-float16/apply';
import { declaration } from '../../src/passes/convert-float16/declaration';
import { type ModelBuilder } from './models';
import { runPass, type RunOptions, sqnrOfOutputs } from './runPass';

/** Converts without running, checks what holds for every pass, and compares outputs in ONNX Runtime. */
export async function convertFloat16(
  builder: ModelBuilder,
  options: RunOptions<(typeof declaration)['options']> = {},
  leastDb = 50,
): Promise<PassResult> {
  const model = builder.model();
  const result = await runPass({ declaration, apply }, model, options);
  for (const db of await sqnrOfOutputs(model, result.model, { n: 3 })) assert.ok(db > leastDb, `${db.toFixed(1)} dB`);
  return result;
}

/** Element type in which a constant is stored. */
export const storedType = (model: Model, name: string): string =>
  model.graph.initializers.get(name)!.constant!.dataType;
