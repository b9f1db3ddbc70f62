/** How much residual blocks matter. */
import { type DataSource } from '../../data/source';
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { bytesOf, type ElementArray, toFloat32 } from '../../numerics/elements';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { observeValues } from '../../pass/observe';
import { type InferenceRuntime, type RuntimeTensor } from '../../runtime/port';
import { type Block } from './find';
import { dropBlock } from './drop';

/** What is needed to look at blocks. */
export interface Looking {
  readonly runtime: InferenceRuntime;
  readonly samples: DataSource;
  readonly count: number;
  readonly context: PassContext;
}

/**
 * Cosine between input and output of each block, over all samples: 1 for a block that does nothing (Men et al. 2024,
 * "ShortGPT": block influence is 1 minus this).
 */
export async function similarities(model: Model, blocks: readonly Block[], looking: Looking): Promise<number[]> {
  const energies = new Map<string, number>();
  const names = [...new Set(blocks.flatMap(({ skip, branch, output }) => [skip.name, branch.name, output.name]))];
  await observeValues(
    model,
    names,
    (name, tensor) => void energies.set(name, (energies.get(name) ?? 0) + energyOf(tensor)),
    { ...looking, signal: looking.context.signal, onProgress: progressOf(looking) },
  );
  // With the output s + b, s·(s + b) = (|s|² + |s + b|² − |b|²) / 2: no two values are needed at once.
  return blocks.map(({ skip, branch, output }) => {
    const [s, b, sum] = [skip, branch, output].map((value) => energies.get(value.name) ?? 0) as [
      number,
      number,
      number,
    ];
    return s > 0 && sum > 0 ? (s + sum - b) / 2 / Math.sqrt(s * sum) : 0;
  });
}

/** Cosine between the model's outputs with and without each block; the worst output counts. */
export async function outputSimilarities(model: Model, blocks: readonly Block[], looking: Looking): Promise<number[]> {
  const outputs = model.graph.outputs.map(({ name }) => name);
  const { runtime, samples, count, context } = looking;
  const expected: Map<string, Float32Array>[] = [];
  await collect(model, (name, values, sample) => void (expected[sample] ??= new Map()).set(name, values));
  const result: number[] = [];
  for (const [index, block] of blocks.entries()) {
    throwIfCancelled(context.signal);
    context.progress({
      fraction: (0.8 * index) / blocks.length,
      message: 'Running without a block',
      node: block.sum.label,
    });
    const without = cloneModel(model);
    dropBlock(without, block.output.name, block.skip.name);
    const meters = new Map(outputs.map((name) => [name, { dot: 0, a: 0, b: 0 }]));
    await collect(without, (name, values, sample) => {
      const meter = meters.get(name)!;
      const before = expected[sample]!.get(name)!;
      for (let i = 0; i < before.length; i++) {
        meter.dot += before[i]! * values[i]!;
        meter.a += before[i]! ** 2;
        meter.b += values[i]! ** 2;
      }
    });
    result.push(
      Math.min(
        ...[...meters.values()].map(({ dot, a, b }) => (a > 0 && b > 0 ? dot / Math.sqrt(a * b) : a === b ? 1 : 0)),
      ),
    );
  }
  return result;

  async function collect(
    which: Model,
    see: (name: string, values: Float32Array, sample: number) => void,
  ): Promise<void> {
    await observeValues(which, outputs, (name, tensor, sample) => see(name, floats(tensor).slice(), sample), {
      runtime,
      samples,
      count,
      signal: context.signal,
    });
  }
}

const progressOf =
  ({ context }: Looking) =>
  (fraction: number): void =>
    context.progress({ fraction: fraction * 0.8, message: 'Looking at residual blocks' });

function floats({ dataType, data }: RuntimeTensor): Float32Array {
  const elements = data as ElementArray;
  return toFloat32(dataType, bytesOf(elements), elements.length);
}

function energyOf(tensor: RuntimeTensor): number {
  const values = floats(tensor);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
