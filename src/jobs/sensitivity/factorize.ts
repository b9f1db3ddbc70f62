/** How the error of a model grows as one layer at a time is brought to a lower rank. */
import { twinOf } from '../../graph/clone';
import { tensorType } from '../../graph/shape';
import { type Model } from '../../graph/model';
import { columnsOf, type Multiply, transposed } from '../../numerics/linear/matrix';
import { measureProbes, type Probe, type Probed } from '../../pass/curves/probe';
import { fanIn, weightsOf, weightTensor } from '../../pass/linearLayer';
import { matrixProducts } from '../../pass/matrixProducts';
import { declaration } from '../../passes/factorize/declaration';
import { findLayers, type Layer } from '../../passes/factorize/layers';
import { type Split, split } from '../../passes/factorize/lowRank';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type CurveSensitivity, type SensitivityCurve } from '../../protocol/sensitivity';
import { elementTypeText } from '../../report/elementType';
import { type Feeds } from '../../runtime/port';
import { type JobContext } from '../context';
import { boundDims } from '../modelFile';
import { curveReport, curveSettings } from './curves';
import { finite, optionsOf, subjectOf } from './request';

/** A layer with the ranks that are tried. */
interface Tried {
  readonly layer: Layer;
  readonly ranks: readonly number[];
  readonly probe: Probe;
}

/** A layer, or several, without a curve, and why. */
type LeftOut = CurveSensitivity['leftOut'][number];

/**
 * Puts the best approximation of each rank (truncated SVD of the weights) in the place of one layer's weights at a time.
 * Throws `nothing-to-do` when no layer can be factorized.
 */
export async function factorizeSensitivity(
  request: SensitivityRequest,
  context: JobContext,
): Promise<CurveSensitivity> {
  const { exclude } = optionsOf(declaration, request);
  const settings = curveSettings(request);
  const subject = await subjectOf(request, context);
  const { model, runtime } = subject;
  const { layers, macs } = findLayers(model, exclude, boundDims(model, request));
  const products = matrixProducts(runtime);
  try {
    const costliestFirst = [...layers].sort((a, b) => macsOf(b) - macsOf(a));
    const able = costliestFirst.filter((layer) => reasonToLeave(layer) === undefined);
    if (able.length === 0) {
      throw new LapidaryError('nothing-to-do', 'The model has no layer that could be factorized.', {
        model: request.path,
      });
    }
    const tried = able.map((layer) => triedOf(model, layer, settings.ratios, products.multiply));
    const results = await measureProbes(
      model,
      tried.map(({ probe }) => probe),
      { ...subject, ...settings, signal: context.signal, onProgress: progressOf(context) },
    );
    const leftOut = costliestFirst.flatMap((layer): readonly LeftOut[] => leftOutFor(layer, reasonToLeave(layer)));
    const curves: Omit<SensitivityCurve, 'rank'>[] = [];
    for (const [index, { layer, ranks }] of tried.entries()) {
      const result = results[index]!;
      if (typeof result === 'string') leftOut.push(...leftOutFor(layer, result));
      else curves.push(curveOf(layer, ranks, result, { group: layers.indexOf(layer), macs }));
    }
    curves.sort((a, b) => a.group - b.group);
    const accuracy = results.flatMap((result) => (typeof result === 'string' ? [] : result))[0]?.accuracy?.before;
    return curveReport({ of: 'factorize', criterion: 'svd', curves, leftOut, accuracy }, settings, subject, request);
  } finally {
    await products.close();
  }
}

function progressOf(context: JobContext): (fraction: number, node: string | undefined) => void {
  const message = 'Measuring the loss of each layer alone';
  return (fraction, node) => context.progress({ fraction, message, ...(node !== undefined && { node }) });
}

const leftOutFor = (layer: Layer, reason: string | undefined): LeftOut[] =>
  reason === undefined ? [] : [{ nodes: [layer.node.label], reason }];

/** The curve of one layer, from what its ranks lose; `macs` are those of the model. */
function curveOf(
  layer: Layer,
  ranks: readonly number[],
  losses: Exclude<Probed, string>,
  { group, macs }: { readonly group: number; readonly macs: number },
): Omit<SensitivityCurve, 'rank'> {
  const full = fullRank(layer);
  return {
    group,
    nodes: [layer.node.label],
    readers: [],
    channels: full,
    points: ranks.map((rank, at) => {
      const { sqnrDb, accuracy } = losses[at]!;
      return {
        removed: full - rank,
        share: shareGone(layer, rank),
        db: finite(sqnrDb),
        saved: macs > 0 ? (macsOf(layer) * shareGone(layer, rank)) / macs : 0,
        ...(accuracy && { accuracy: accuracy.after }),
      };
    }),
  };
}

const macsOf = ({ positions, tensor }: Layer): number => positions * tensor.size;
const fullRank = (layer: Layer): number => Math.min(layer.outputs, fanIn(layer));
/** Share of a layer's arithmetic that two factors of this rank save. */
const shareGone = (layer: Layer, rank: number): number =>
  1 - (rank * (layer.outputs + fanIn(layer))) / (layer.outputs * fanIn(layer));

function reasonToLeave({ groups, dataType }: Layer): string | undefined {
  if (groups > 1) return 'It is a grouped convolution: its groups are small matrices of their own.';
  return dataType === 'float' ? undefined : `Its weights are ${elementTypeText(dataType)}.`;
}

function triedOf(model: Model, layer: Layer, ratios: readonly number[], multiply: Multiply): Tried {
  const perRank = (layer.outputs + fanIn(layer)) / (layer.outputs * fanIn(layer));
  const ranks = [...new Set(ratios.map((ratio) => Math.max(1, Math.floor((1 - ratio) / perRank))))];
  let input = '';
  // Held only while the levels of this layer are gone through.
  let held: Split | undefined;
  const feedsAt = async (rank: number): Promise<Feeds> => {
    held ??= await split({ weights: weightsOf(layer) }, ranks[0]!, multiply);
    const { left, right } = held;
    const [thin, flat] = [columnsOf(left, 0, rank), transposed(columnsOf(transposed(right), 0, rank))];
    const bytes = weightTensor(layer, input, [await multiply(thin, flat)]).bytes();
    if (rank === ranks.at(-1)) held = undefined;
    const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    return { [input]: { dataType: 'float', shape: layer.tensor.shape, data } };
  };
  return {
    layer,
    ranks,
    probe: {
      node: layer.node.label,
      edit: (copy) => {
        const { graph } = copy;
        const twin = twinOf(layer.node, model, copy);
        const value = graph.addInput(graph.newValue('lapidary.weight', tensorType('float', layer.tensor.shape)));
        input = value.name;
        twin.setInput(1, value);
        return [value];
      },
      levels: ranks.map((rank) => () => feedsAt(rank)),
    },
  };
}
