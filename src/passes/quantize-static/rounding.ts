/** Weights of a plan, rounded for the outputs of their layers on the samples: those of 8-bit layers and those that are only stored so. */
import { type Model } from '../../graph/model';
import { partOf } from '../../data/part';
import { type DataSource } from '../../data/source';
import { quantizedRange } from '../../numerics/quantize';
import { type PassContext } from '../../pass/context';
import { roundForOutputs, type RoundedWeights, type WeightGrid } from '../../pass/outputRounding';
import { type InferenceRuntime } from '../../runtime/port';
import { type StaticPlan } from './plan';
import { type Formats, type Options } from './settings';
import { weightRange } from './weights';

/** Smaller weights are not stored in 8 bits: they save next to nothing, and simplifying would fold them back. */
export const leastStored = 512;

/** What weights that are only stored in 8 bits are rounded to. */
const storedRange = quantizedRange('int8', { symmetric: true });

/** The plan with rounded weights; as it is where none are asked for, or the samples are made up and would mislead. */
export async function roundWeights(
  plan: StaticPlan,
  samples: DataSource,
  { rounding, otherWeights, calibrationSamples }: Pick<Options, 'rounding' | 'otherWeights' | 'calibrationSamples'>,
  context: PassContext & { readonly runtime: InferenceRuntime },
): Promise<StaticPlan> {
  const { formats, model } = plan;
  const computed = gridOf(formats);
  if (rounding === 'nearest' || samples.random || !computed) return plan;
  const storing = { range: storedRange, perChannel: formats.perChannel };
  const isSame = computed.range.qmin === storedRange.qmin && computed.range.qmax === storedRange.qmax;
  const grids = otherWeights === 'keep' || isSame ? [computed] : [computed, storing];
  const seen = partOf(samples, 0, Math.min(samples.size, calibrationSamples));
  const [rounded, others = rounded] = await roundForOutputs(model, grids, {
    samples: seen,
    context,
    onProgress: (fraction, { node }) =>
      context.progress({ fraction: 0.7 + 0.05 * fraction, message: 'Rounding weights', node: node.label }),
  });
  const stored = new Map([...others!].filter(([{ size: elements }]) => elements >= leastStored));
  return { ...plan, weights: plan.weights.with(rounded!), ...(otherWeights === 'int8' && { stored }) };
}

/** Codes around the zero point; undefined where each weight has its own. */
function gridOf(formats: Formats): WeightGrid | undefined {
  const { range, symmetric } = weightRange(formats);
  const reach = (range.qmax - range.qmin) / 2;
  return symmetric ? { range: { qmin: -reach, qmax: reach }, perChannel: formats.perChannel } : undefined;
}

/** The model as it will be once weights that stay in float are stored in 8 bits: what is measured is what comes of it. */
export function withStored(model: Model, stored: RoundedWeights = new Map()): Model {
  for (const graph of stored.size === 0 ? [] : model.graph.allGraphs()) {
    for (const value of graph.initializers.values()) {
      const rounded = value.constant && stored.get(value.constant);
      if (rounded) graph.setInitializer(value, rounded);
    }
  }
  return model;
}
