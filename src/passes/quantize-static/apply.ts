/** Static 8-bit quantization: see README.md. */
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { type PassResult } from '../../pass/result';
import { samplesFor } from '../../pass/samples';
import { LapidaryError } from '../../protocol/errors';
import { calibrate, rangesBy } from './calibrate';
import { emitStatic } from './emit';
import { planStatic } from './plan';
import { type Options } from './settings';

/**
 * Makes a model whose layers run in 8 bits. Throws `unsupported` when the model cannot be raised to the opset that Q/DQ
 * needs, `data` when no sample can be read, `runtime-missing` where there is nothing to run the samples with.
 */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const { runtime } = context;
  if (!runtime) throw new LapidaryError('runtime-missing', 'Static quantization runs the model, and nothing here can.');
  const plan = await planStatic(model, options, context);
  const layers = plan.units.filter(({ rule }) => rule.role === 'layer');
  if (layers.length === 0) return { model, changed: [], skipped: plan.skipped, notes: [nothingHere(model)] };
  const samples = await samplesFor(model, context);
  const calibration = await calibrate(plan, samples, options.samples, runtime, context);
  const method = options.method === 'auto' ? 'minmax' : options.method;
  const ranges = rangesBy(method, calibration, plan, options.percentile);
  const { model: result, changed, skipped } = emitStatic(plan, ranges);
  return { model: result, changed, skipped, notes: [...plan.notes] };
}

function nothingHere(model: Model): string {
  const quantized = [...model.graph.allNodes()].some(
    ({ opType }) => opType === 'DequantizeLinear' || opType.startsWith('QLinear'),
  );
  return quantized
    ? 'The model is quantized already, or what is left of it in float cannot run in 8 bits.'
    : 'The model has no layer in float32 that could run in 8 bits.';
}
