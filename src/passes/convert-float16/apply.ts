/** Conversion to float16: see README.md. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { sqnrDb } from '../../numerics/quantize';
import { type Inference, inferModel } from '../../operators/infer';
import { constantNowNotes } from '../../pass/constantNow';
import { type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { LapidaryError } from '../../protocol/errors';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { type Conversion, convert } from './convert';
import { type declaration } from './declaration';
import { referenceOf, type References, runAll } from './fidelity';
import { isFloat32, type Plan, planFloat16 } from './plan';
import { overflowing } from './ranges';
import { brief, checkSamples, CheckSamples, isTooLarge } from './checkSamples';
import { type InferenceRuntime } from '../../runtime/port';
import { isQuantized } from './rules';
import { type Candidate, costsAccuracy, Search } from './search';
import { storeWeights } from './storage';

type Options = ValuesOf<(typeof declaration)['options']>;

const cpuNote =
  'A CPU computes float16 in float32 all the same: the model takes less disk and memory, not less time. GPUs and phones gain time.';

/** Makes a model that stores and computes in float16 wherever that is safe. */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  if (options.precision === 'float16-weights') return storeWeights(model, 'float16', options.exclude, context);
  if (options.precision === 'bfloat16-weights') return storeWeights(model, 'bfloat16', options.exclude, context);
  const inference = inferModel(model);
  const plan = planFloat16(model, inference, options);
  const idle = idleReason(model, inference, plan);
  if (idle !== undefined) return { model, changed: [], skipped: skippedOf(plan), notes: [idle] };
  const notes: string[] = [];
  const candidate = await check(model, inference, options, context, notes);
  const final = candidate?.conversion.plan ?? plan;
  if (![...final.roles.values()].includes('half')) {
    return { model, changed: [], skipped: skippedOf(final), notes: [...notes, 'No layer can leave float32 safely.'] };
  }
  context.progress({ fraction: 0.95, message: 'Converting' });
  const conversion = convert(model, final, options.keepIoTypes);
  const { rewriting, unlisted } = conversion;
  const clamped = rewriting.constants.filter((constant) => constant.clamped > 0);
  if (clamped.length > 0) {
    const names = clamped.slice(0, 3).map(({ name }) => `"${name}"`);
    notes.push(`Values beyond 65504 were stored as that, in ${names.join(', ')}${clamped.length > 3 ? ' …' : ''}.`);
  }
  notes.push(...constantNowNotes(unlisted));
  return {
    model: conversion.model,
    changed: changedOf(conversion),
    skipped: skippedOf(final),
    notes: [...notes, cpuNote],
  };
}

/** Why there is nothing to convert, if so. */
function idleReason(model: Model, inference: Inference, plan: Plan): string | undefined {
  if (![...plan.roles.values()].includes('half')) {
    const nodes = [...model.graph.allNodes()];
    const float16 = nodes.some(({ outputs }) => {
      return outputs.some((value) => {
        const type = value && inference.typeOf(value);
        return type?.kind === 'tensor' && type.dataType === 'float16';
      });
    });
    if (float16) return 'The model computes in float16 already.';
    return plan.reasons.size > 0 ? 'No layer can leave float32.' : 'The model has no floats of 32 bits.';
  }
  if (![...model.graph.allNodes()].some(isQuantized)) return undefined;
  const weights = [...plan.roles].some(([node, role]) => {
    return role === 'half' && node.inputs.some((value) => value?.constant && isFloat32(value, inference));
  });
  return weights ? undefined : 'The model is quantized: it has no weights in float32 that could become smaller.';
}

/** Checks ranges and outputs by running the model; undefined when that is off or cannot be done (a note says why). */
async function check(
  model: Model,
  inference: Inference,
  options: Options,
  context: PassContext,
  notes: string[],
): Promise<Candidate | undefined> {
  const { runtime } = context;
  if (!options.checkRange) return undefined;
  if (!runtime) {
    notes.push('Ranges and outputs were not checked: there is no runtime.');
    return undefined;
  }
  const { samples, reference, problem } = await referenceRun(model, runtime, context);
  if (problem !== undefined) notes.push(`Ranges and outputs were not checked: ${problem}.`);
  if (!reference) return undefined;
  let forced: ReadonlyMap<Node, string> = new Map();
  try {
    forced = await overflowing(model, inference, samples, runtime, context);
  } catch (thrown) {
    // Some models only run once the runtime has rewritten them, so that no value inside can be looked at.
    notes.push(`Ranges were not checked: its values cannot be looked at (${brief(refusal(thrown))}).`);
  }
  const search = new Search(model, inference, options, runtime, samples, reference, context);
  const candidate = await search.run(forced);
  if (problem === undefined) {
    const { sqnrDb: db, roundedDb = Infinity } = candidate;
    const here = Number.isFinite(db) ? `agree to ${db.toFixed(1)} dB` : 'are the same';
    // The runtime's CPU kernels keep float32 between layers; elsewhere every value is rounded.
    const there =
      roundedDb < db ? `; a device that rounds every value to float16 gets about ${roundedDb.toFixed(1)} dB` : '';
    notes.push(`Outputs ${here} on ${samples.description}${there}.`);
    if (candidate.minimal !== undefined) notes.push(minimalNote(candidate, options));
    if (db < options.minSqnr) notes.push(`That is below the ${options.minSqnr} dB asked for.`);
  }
  return candidate;
}

function minimalNote({ conversion, minimal }: Candidate, { minSqnr }: Options): string {
  const kept = [...conversion.plan.reasons.values()].filter((reason) => reason.startsWith(costsAccuracy)).length;
  const [stay, needed] = kept === 1 ? ['layer stays', 'it is needed'] : ['layers stay', 'each of them is needed'];
  const end = minimal ? needed : 'there was no time to try each by itself';
  return `${kept} ${stay} in float32 to reach ${minSqnr} dB; ${end}.`;
}

/** Outputs of the original; when it does not run, no samples (the result is then only loaded), and why. */
async function referenceRun(
  model: Model,
  runtime: InferenceRuntime,
  context: PassContext,
): Promise<{ samples: CheckSamples; reference?: References; problem?: string }> {
  const { none } = CheckSamples;
  const samples = await checkSamples(model, context);
  let problem: string;
  if (typeof samples === 'string') problem = samples;
  else {
    try {
      return await referenceOf(runtime, model, samples);
    } catch (thrown) {
      problem = `it does not run on ${samples.description} (${brief(refusal(thrown))})`;
    }
  }
  problem = problem.replace(/\.$/, '');
  if (isTooLarge(model)) return { samples: none, problem };
  try {
    return { samples: none, reference: await runAll(runtime, model, none), problem };
  } catch (thrown) {
    return { samples: none, problem: `it does not load (${brief(refusal(thrown))})` };
  }
}

/** What the runtime could not do; any other error is passed on. */
function refusal(thrown: unknown): LapidaryError {
  const error = LapidaryError.from(thrown, 'runtime-failed');
  if (error.code !== 'runtime-failed' && error.code !== 'unsupported') throw error;
  return error;
}

function changedOf({ plan, rewriting, originalOf }: Conversion): ChangedLayer[] {
  const owned = new Map<Node, { before: number; after: number; signal: number; noise: number }>();
  for (const { bytes, noise, replaced, readers } of rewriting.constants) {
    const owner = originalOf.get(readers[0]!);
    if (!owner) continue;
    const sum = owned.get(owner) ?? { before: 0, after: 0, signal: 0, noise: 0 };
    sum.before += bytes;
    sum.after += replaced ? bytes / 2 : 1.5 * bytes;
    sum.signal += noise.signal;
    sum.noise += noise.noise;
    owned.set(owner, sum);
  }
  const changed: ChangedLayer[] = [];
  for (const [node, role] of plan.roles) {
    if (role !== 'half') continue;
    const sum = owned.get(node);
    const sqnr = sum && sum.signal > 0 ? sqnrDb(sum) : undefined;
    changed.push({
      node: node.label,
      opType: node.opType,
      what: 'float32 → float16',
      ...(sum ? { bytesBefore: sum.before, bytesAfter: sum.after } : {}),
      ...(sqnr === undefined ? {} : { weightSqnrDb: Number.isFinite(sqnr) ? sqnr : null }),
    });
  }
  return changed;
}

function skippedOf({ reasons }: Plan): SkippedLayer[] {
  return [...reasons].map(([node, reason]) => ({ node: node.label, opType: node.opType, reason }));
}
