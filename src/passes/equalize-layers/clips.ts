/** ReLU6 and its like: where a Relu does the same, since nothing ever reaches the bound. */
import { removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { clipBounds } from '../../pass/channels/rules';
import { type PassContext } from '../../pass/context';
import { observeValues } from '../../pass/observe';

/** Clips from 0 to a bound, in the main graph. */
export function boundedClips({ graph }: Model): { readonly node: Node; readonly bound: number }[] {
  return [...graph.nodes()].flatMap((node) => {
    const bounds = node.is('Clip') ? clipBounds(node) : undefined;
    return bounds?.low === 0 && bounds.high < Infinity ? [{ node, bound: bounds.high }] : [];
  });
}

/** Those of the clips that no sample of the data brings to their bound. */
export async function idleClips(
  model: Model,
  clips: readonly { readonly node: Node; readonly bound: number }[],
  context: PassContext,
): Promise<ReadonlySet<Node>> {
  const { runtime, data, signal } = context;
  if (!runtime || !data || data.random || clips.length === 0) return new Set();
  const highest = new Map<string, number>();
  const names = [...new Set(clips.map(({ node }) => node.input(0)!.name))];
  await observeValues(
    model,
    names,
    (name, tensor) => {
      if (!ArrayBuffer.isView(tensor.data)) return;
      let most = highest.get(name) ?? -Infinity;
      for (const value of toFloat32(tensor.dataType, bytesOf(tensor.data), tensor.data.length))
        if (value > most) most = value;
      highest.set(name, most);
    },
    {
      runtime,
      samples: data,
      signal,
      onProgress: (fraction) => context.progress({ fraction: fraction / 2, message: 'Looking at the ranges of ReLU6' }),
    },
  );
  return new Set(
    clips.filter(({ node, bound }) => (highest.get(node.input(0)!.name) ?? Infinity) < bound).map(({ node }) => node),
  );
}

/** Makes a Relu of a Clip from 0. */
export function openClip(node: Node): void {
  const bounds = node.inputs.slice(1);
  node.opType = 'Relu';
  for (const name of ['min', 'max']) node.attributes.delete(name);
  node.truncateInputs(1);
  for (const bound of bounds) if (bound) removeUnused(bound, node.graph!);
}
