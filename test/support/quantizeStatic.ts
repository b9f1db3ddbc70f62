/** What the tests of quantize-static share. */
import { type Model } from '../../src/graph/model';
import { type PassContext } from '../../src/pass/context';
import { type PassResult } from '../../src/pass/result';
import { apply } from '../../src/passes/quantize-static/apply';
import { declaration } from '../../src/passes/quantize-static/declaration';
import { loadOrt } from '../../src/runtime/ort';
import { type ValuesOf } from '../../src/pass/option';
import { runPass } from './runPass';

/** The pass. */
export const pass = { declaration, apply };

/** Values of its options. */
export type StaticOptions = Partial<ValuesOf<(typeof declaration)['options']>>;

/** Applies with random samples, or those of `context`, and checks what holds for every pass. */
export async function quantize(
  model: Model,
  options: StaticOptions = {},
  context: Partial<PassContext> = {},
): Promise<PassResult> {
  const runtime = await loadOrt();
  return runPass(pass, model, {
    options: { method: 'minmax', layers: 'all', otherWeights: 'keep', ...options },
    context: { runtime, ...context },
  });
}
