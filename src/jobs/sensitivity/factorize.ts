/** How the error of a model grows as one layer at a time is brought to a lower rank. */
import { tensorType } from '../../graph/shape';
import { type Model } from '../../graph/model';
import { columnsOf, type Multiply, transposed } from '../../numerics/linear/matrix';
import { measureProbes, type Probe } from '../../pass/curves/probe';
import { fanIn, weightsOf, weightTensor } from '../../pass/linearLayer';
import { matrixProducts } from '../../pass/matrixProducts';
import { defaultRatios } from '../../pass/prune/groupCurves';
import { declaration } from '../../passes/factorize/declaration';
import { findLayers, type Layer } from '../../passes/factorize/layers';
import { type Split, split } from '../../passes/factorize/lowRank';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type CurveSensitivity, type SensitivityCurve } from '../../protocol/sensitivity';
import { type Feeds } from '../../runtime/port';
import { type JobContext } from '../context';
import { boundDims, openModel } from '../modelFile';
import { breathe } from '../../pass/context';
import { ranked } from './ranks';
import { dataFor, defaultSeconds, finite, measuredSamples, mustBeShares, optionsOf, randomNote } from './request';

/** A layer with the ranks that are tried. */
interface Tried {
  readonly layer: Layer;
  readonly ranks: readonly number[];
  readonly probe: Probe;
}

/**
 * Puts the best approximation of each rank (truncated SVD of the weights) in the place of one layer's weights at a time.
 * Throws `nothing-to-do` when no layer can be factorized.
 */
export async function factorizeSensitivity(
  request: SensitivityRequest,
  context: JobContext,
): Promise<CurveSensitivity> {
  const started = performance.now();
  const { exclude } = optionsOf(declaration, request);
  const { ratios = defaultRatios, seconds = defaultSeconds } = request;
  mustBeShares(ratios);
  const model = openModel(request.path);
  await breathe(context.signal);
  const runtime = await context.runtime();
  const samples = await dataFor(model, request, context);
  const { layers, macs } = findLayers(model, exclude, boundDims(model, request));
  const leftOut: { nodes: string[]; reason: string }[] = [];
  const products = matrixProducts(runtime);
  try {
    const tried: Tried[] = [];
    for (const layer of [...layers].sort((a, b) => macsOf(b) - macsOf(a))) {
      const reason = reasonToLeave(layer);
      if (reason === undefined) tried.push(triedOf(model, layer, ratios, products.multiply));
      else leftOut.push({ nodes: [layer.node.label], reason });
    }
    if (tried.length === 0) {
      throw new LapidaryError('nothing-to-do', 'The model has no layer that could be factorized.', {
        model: request.path,
      });
    }
    const count = Math.min(request.samples ?? measuredSamples, samples.size);
    const results = await measureProbes(
      model,
      tried.map(({ probe }) => probe),
      {
        ...{ runtime, samples, count, signal: context.signal, budgetMs: 1000 * seconds },
        onProgress: (fraction, node) => {
          const message = 'Measuring the loss of each layer alone';
          context.progress({ fraction, message, ...(node !== undefined && { node }) });
        },
      },
    );
    const order = new Map(layers.map(({ node }, index) => [node, index]));
    const curves: Omit<SensitivityCurve, 'rank'>[] = [];
    let accuracy: number | undefined;
    tried.forEach(({ layer, ranks }, index) => {
      const result = results[index]!;
      if (typeof result === 'string') {
        leftOut.push({ nodes: [layer.node.label], reason: result });
        return;
      }
      accuracy ??= result[0]?.accuracy?.before;
      const full = fullRank(layer);
      curves.push({
        group: order.get(layer.node)!,
        nodes: [layer.node.label],
        readers: [],
        channels: full,
        points: ranks.map((rank, at) => ({
          removed: full - rank,
          share: shareGone(layer, rank),
          db: finite(result[at]!.sqnrDb),
          saved: macs > 0 ? (macsOf(layer) * shareGone(layer, rank)) / macs : 0,
          ...(result[at]!.accuracy && { accuracy: result[at]!.accuracy.after }),
        })),
      });
    });
    return {
      of: 'factorize',
      path: request.path,
      criterion: 'svd',
      ratios,
      curves: ranked(curves.sort((a, b) => a.group - b.group)),
      leftOut,
      ...(accuracy !== undefined && { accuracy }),
      samples: count,
      data: samples.description,
      random: samples.random,
      notes: samples.random ? [randomNote] : [],
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await products.close();
  }
}

const macsOf = ({ positions, tensor }: Layer): number => positions * tensor.size;
const fullRank = (layer: Layer): number => Math.min(layer.outputs, fanIn(layer));
/** Share of a layer's arithmetic that two factors of this rank save. */
const shareGone = (layer: Layer, rank: number): number =>
  1 - (rank * (layer.outputs + fanIn(layer))) / (layer.outputs * fanIn(layer));

function reasonToLeave({ groups, dataType }: Layer): string | undefined {
  if (groups > 1) return 'It is a grouped convolution: its groups are small matrices of their own.';
  return dataType === 'float' ? undefined : `Its weights are ${dataType}.`;
}

function triedOf(model: Model, layer: Layer, ratios: readonly number[], multiply: Multiply): Tried {
  const perRank = (layer.outputs + fanIn(layer)) / (layer.outputs * fanIn(layer));
  const ranks = [...new Set(ratios.map((ratio) => Math.max(1, Math.floor((1 - ratio) / perRank))))];
  const position = [...model.graph.allNodes()].indexOf(layer.node);
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
      edit: ({ graph }) => {
        const value = graph.addInput(graph.newValue('lapidary.weight', tensorType('float', layer.tensor.shape)));
        input = value.name;
        [...graph.allNodes()][position]!.setInput(1, value);
        return [value];
      },
      levels: ranks.map((rank) => () => feedsAt(rank)),
    },
  };
}
