/** Asks the runtime for the shapes that the graph does not tell: NonZero, NonMaxSuppression, Unique and what follows. */
import { cloneModel } from '../graph/clone';
import { Expression } from '../graph/expression';
import { type Model } from '../graph/model';
import { type Value } from '../graph/value';
import { encodeModel } from '../graph/toOnnx';
import { inferModel, type Inference } from '../operators/infer';
import { type Bindings } from '../protocol/jobs';
import { LapidaryError } from '../protocol/errors';
import { type InferenceRuntime } from '../runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../runtime/randomFeeds';
import { boundDims, inputSymbols } from './modelFile';

/** What a run told. */
export interface MeasuredShapes {
  /** Values of the symbols that stand for dimensions which only running tells. */
  readonly dims: Readonly<Record<string, number>>;
  /** Shapes by the name of the value. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/**
 * Runs the model once on random inputs, dynamic dimensions as bound or 1, and reads off the shapes that inference left
 * open. They hold for these inputs. Throws `runtime-failed` when the model does not run.
 */
export async function measureShapes(
  model: Model,
  bindings: Bindings,
  runtime: InferenceRuntime,
): Promise<MeasuredShapes> {
  const probe = cloneModel(model);
  const free = boundDims(model, bindings);
  const ones = Object.fromEntries(inputSymbols(probe).map((name) => [name, free[name] ?? 1]));
  const inference = inferModel(probe, { dims: ones, inputShapes: bindings.inputShapes });
  const open = openValues(probe, inference);
  if (open.length === 0) return { dims: {}, shapes: new Map() };
  const outputs = new Set(probe.graph.outputs);
  for (const value of open) if (!outputs.has(value)) probe.graph.outputs.push(value);
  const feeds = randomFeeds(inputPorts(model, ones), {
    dims: ones,
    inputShapes: bindings.inputShapes,
    bounds: indexBounds(model),
  });
  const session = await runtime.open(encodeModel(probe), { optimization: 'disabled' });
  try {
    const results = await session.run(
      feeds,
      open.map((value) => value.name),
    );
    const shapes = new Map(open.map((value) => [value.name, results[value.name]!.shape]));
    return { dims: dimsOf(open, inference, shapes), shapes };
  } catch (thrown) {
    const hint = 'Give sizes that the model accepts with --dim or --input.';
    throw LapidaryError.from(thrown, 'runtime-failed', { model: model.path, hint });
  } finally {
    await session.close();
  }
}

/** Tensors of the main graph whose shape is not all numbers. */
function openValues(model: Model, inference: Inference): Value[] {
  const open: Value[] = [];
  for (const node of model.graph.nodes()) {
    for (const value of node.outputs) {
      const type = value && inference.typeOf(value);
      // A value of unknown type may be a sequence, which cannot be fetched.
      if (!value || type?.kind !== 'tensor') continue;
      if (!type.shape?.every((dim) => typeof dim === 'number')) open.push(value);
    }
  }
  return open;
}

function dimsOf(
  open: readonly Value[],
  inference: Inference,
  shapes: ReadonlyMap<string, readonly number[]>,
): Record<string, number> {
  const dims: Record<string, number> = {};
  const told = new Set(inference.symbols.filter(({ source }) => source === 'data').map(({ name }) => name));
  for (const value of open) {
    inference.shapeOf(value)?.forEach((dim, axis) => {
      const name = dim instanceof Expression ? dim.symbolName : undefined;
      const size = shapes.get(value.name)?.[axis];
      if (name !== undefined && told.has(name) && size !== undefined) dims[name] ??= size;
    });
  }
  return dims;
}
