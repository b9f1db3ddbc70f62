/** What is known before any sample is run: the model made ready, and what in it can run in 8 bits. */
import { type Model } from '../../graph/model';
import { type Value } from '../../graph/value';
import { inferModel } from '../../operators/infer';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { upgradeModel } from '../../operators/upgrade/upgrade';
import { type PassContext } from '../../pass/context';
import { parseOptions } from '../../pass/option';
import { type RoundedWeights } from '../../pass/outputRounding';
import { LapidaryError } from '../../protocol/errors';
import { type SkippedLayer } from '../../protocol/report';
import { apply as simplify } from '../simplify/apply';
import { declaration as simplifyDeclaration } from '../simplify/declaration';
import { uniqueBodyNames } from './bodyNames';
import { poolMeans } from './pooling';
import { saturates } from './saturation';
import { type Formats, formatsOf, type Options } from './settings';
import { movedCodesBreak, raiseBiases } from './signedCodes';
import { axisOf, type Candidates, findUnits, type Unit } from './units';
import { WeightStore } from './weights';

/** A model ready to be quantized again and again. */
export interface StaticPlan {
  /** Float, at the opset that Q/DQ needs, simplified; never changed from here on. */
  readonly model: Model;
  readonly formats: Formats;
  readonly units: readonly Unit[];
  /** Layers that cannot run in 8 bits, whatever is asked for. */
  readonly skipped: readonly SkippedLayer[];
  readonly notes: readonly string[];
  readonly weights: WeightStore;
  /** What layers that compute in float will read once their weights are stored in 8 bits. */
  readonly stored?: RoundedWeights;
  /** Values of bodies that have another name than in the original, and which. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Makes the model ready and finds what can run in 8 bits. Throws `unsupported` for a model that cannot be raised. */
export async function planStatic(model: Model, options: Options, context: PassContext): Promise<StaticPlan> {
  const asksMachine = options.reduceRange === 'auto' && context.runtime !== undefined;
  const formats = formatsOf(options, asksMachine && (await saturates(context.runtime)));
  const before = find(model, options, formats);
  // Nothing is changed for a model without a layer to quantize.
  if (before.units.length === 0) {
    return { model, formats, ...before, notes: [], weights: new WeightStore(formats), renamed: new Map() };
  }
  const { model: prepared, notes, renamed } = await prepare(model, options, formats, context);
  if (formats.reduced && options.reduceRange === 'auto') {
    notes.push('Weights take 7 bits: sums of 8-bit products saturate on this machine.');
  }
  const weights = new WeightStore(formats);
  return { model: prepared, formats, ...finite(find(prepared, options, formats), weights), notes, weights, renamed };
}

function find(model: Model, { exclude }: Options, { forCpu }: Formats): Candidates {
  return findUnits(model, { inference: inferModel(model), forCpu, exclude });
}

/** Candidates whose weights are finite numbers; the coding of each weight is kept for later. */
function finite({ units, skipped }: Candidates, weights: WeightStore): Candidates {
  const isFinite = (unit: Unit): boolean => {
    if (!unit.weight) return true;
    const { signal, noise } = weights.code(unit.weight, axisOf(unit)).noise;
    return Number.isFinite(signal + noise);
  };
  const bad = units.filter((unit) => !isFinite(unit));
  const reason = 'Its weights hold infinities or NaN.';
  return {
    units: units.filter((unit) => !bad.includes(unit)),
    skipped: [...skipped, ...bad.map(({ node }) => ({ node: node.label, opType: node.opType, reason }))],
  };
}

async function prepare(
  model: Model,
  options: Options,
  formats: Formats,
  context: PassContext,
): Promise<{ model: Model; notes: string[]; renamed: ReadonlyMap<string, string> }> {
  const notes: string[] = [];
  let prepared = upgradeModel(model, formats.opset).model;
  raiseIrVersion(prepared, 4);
  const renamed = uniqueBodyNames(prepared);
  if (options.simplify) {
    const values = parseOptions(simplifyDeclaration.options, { exclude: options.exclude });
    const progress: PassContext['progress'] = ({ fraction, message }) =>
      context.progress({ fraction: 0.15 * fraction, message });
    try {
      prepared = (await simplify(prepared, values, { ...context, progress })).model;
    } catch (thrown) {
      const error = LapidaryError.from(thrown);
      if (error.code !== 'unsupported' && error.code !== 'runtime-failed') throw error;
      notes.push(`It was not simplified first: ${error.message}`);
    }
    poolMeans(prepared);
  }
  if (movedCodesBreak(prepared, formats)) raiseBiases(prepared);
  return { model: prepared, notes, renamed };
}

/** Values whose ranges have to be learnt, whichever units will be chosen. */
export function observedValues({ units, model }: Pick<StaticPlan, 'units' | 'model'>): Value[] {
  const moved = new Set(units.filter(({ rule }) => rule.role === 'move').flatMap(({ outputs }) => outputs));
  const fixed = new Set(units.filter(({ rule, tail }) => rule.fixedRange && !tail).flatMap(({ outputs }) => outputs));
  const all = new Set<Value>();
  for (const { node, data, outputs } of units) {
    for (const value of [...data.map((index) => node.input(index)!), ...outputs]) {
      if (!moved.has(value) && !fixed.has(value)) all.add(value);
    }
  }
  const inputs = new Set([...model.graph.allGraphs()].flatMap((graph) => graph.inputs));
  return [...all].filter((value) => value.producer !== undefined || inputs.has(value));
}
