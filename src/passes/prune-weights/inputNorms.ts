/** How large what each weight is multiplied with is, on data: ‖x‖ for each input channel of a layer. */
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { type LinearLayer } from '../../pass/linearLayer';
import { observeValues } from '../../pass/observe';

/** Samples that are enough for a mean of squares. */
const mostSamples = 64;

/** Root of the mean square of each input channel (groups one after the other), for layers of the main graph. */
export async function inputNorms(
  model: Model,
  layers: readonly LinearLayer[],
  { data, runtime, signal }: Pick<PassContext, 'data' | 'runtime' | 'signal'>,
): Promise<Map<LinearLayer, Float64Array>> {
  const sums = new Map<LinearLayer, { readonly squares: Float64Array; count: number }>();
  const readers = new Map<string, LinearLayer[]>();
  for (const layer of layers) {
    const name = layer.node.input(0)?.name;
    if (name === undefined || layer.node.graph?.parent) continue;
    sums.set(layer, { squares: new Float64Array(layer.inputs * layer.groups), count: 0 });
    readers.set(name, [...(readers.get(name) ?? []), layer]);
  }
  await observeValues(
    model,
    [...readers.keys()],
    (name, { data: elements, shape }) => {
      if (!(elements instanceof Float32Array)) return;
      for (const layer of readers.get(name)!) {
        const sum = sums.get(layer)!;
        const channels = sum.squares.length;
        const inner = layer.kind === 'Conv' ? shape.slice(2).reduce((product, dim) => product * dim, 1) : 1;
        for (let i = 0; i < elements.length; i++) {
          sum.squares[Math.floor(i / inner) % channels]! += elements[i]! * elements[i]!;
        }
        sum.count += elements.length / channels;
      }
    },
    { runtime: runtime!, samples: data!, count: Math.min(mostSamples, data!.size), signal },
  );
  const seen = [...sums].filter(([, { count }]) => count > 0);
  return new Map(seen.map(([layer, { squares, count }]) => [layer, squares.map((sum) => Math.sqrt(sum / count))]));
}
