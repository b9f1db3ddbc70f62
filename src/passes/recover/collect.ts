/**
 * Brings inputs of layers in the model in hand together with outputs of the original: the original runs once for many
 * layers and only sampled rows of its outputs are kept; then moments are gathered from the model in hand.
 */
import { type Model } from '../../graph/model';
import { orthonormalized } from '../../numerics/linear/cholesky';
import { matrix, type Matrix, type Multiply, transposed } from '../../numerics/linear/matrix';
import { batchesWithin } from '../../pass/batches';
import { type PassContext } from '../../pass/context';
import { fanIn } from '../../pass/linearLayer';
import { Moments, type Sums } from '../../pass/moments';
import { observeValues, type ObserveOptions } from '../../pass/observe';
import { gatherInputs, noWindow, positionCount, slidingOf } from '../../pass/patches';
import { type RuntimeTensor } from '../../runtime/port';
import { ChannelSums } from './channelSums';
import { isLayer, type LayerRepair, type NormRepair, type Repair } from './plan';
import { channelsOf, chosen, keptColumns, outputRows, rowsFor } from './rows';
import { type FitSamples } from './samples';
import { truncated } from './truncate';

/** What is run, and on what. */
export interface CollectOptions extends FitSamples {
  readonly context: PassContext;
  readonly multiply: Multiply;
}

/** Wanted outputs at sampled positions: rows of channels, one array for each sample. */
export type Targets = ReadonlyMap<Repair, readonly Float32Array[]>;

/** Moments of one layer; every fourth sample is kept apart to validate with. */
export interface Collected {
  readonly training: readonly Sums[];
  readonly validation: readonly Sums[];
  /** Moments are of coordinates in this basis of everything seen (orthonormal columns), where that is far smaller. */
  readonly basis?: Matrix;
}

/** Bytes of targets that are held at a time. */
const targetBytes = 512e6;

/** Repairs whose targets fit into memory together, in order. */
export function chunksOf(repairs: readonly Repair[]): Repair[][] {
  return batchesWithin(targetBytes, repairs, (repair) => 4 * rowsFor(repair) * repair.channels);
}

/** Runs the original and keeps what the layers are to give (with the branches that are added to them). */
export async function targetsOf(
  original: Model,
  repairs: readonly Repair[],
  options: CollectOptions,
): Promise<Targets> {
  const targets = new Map<Repair, Float32Array[]>(repairs.map((repair) => [repair, []]));
  const readers = new Map<string, Repair[]>();
  const read = (name: string, repair: Repair): void => void readers.set(name, [...(readers.get(name) ?? []), repair]);
  for (const repair of repairs) {
    read(repair.output, repair);
    if (isLayer(repair) && repair.branch !== undefined) read(repair.branch, repair);
  }
  const see = (name: string, tensor: RuntimeTensor, sample: number): void => {
    for (const repair of readers.get(name)!) {
      const rows = keptColumns(outputRows(tensor, repair, sample, options.count), channelsOf(tensor, repair), repair);
      const all = targets.get(repair)!;
      const before = all[sample];
      if (before) before.forEach((value, index) => (before[index] = value + rows[index]!));
      else all[sample] = rows;
    }
  };
  const names = [...readers.keys()];
  await observeValues(truncated(original, names), names, see, observing(options));
  return targets;
}

/** Runs the model in hand and sums up what each layer reads together with what it is to give. */
export async function momentsOf(
  model: Model,
  repairs: readonly LayerRepair[],
  targets: Targets,
  options: CollectOptions,
): Promise<Map<LayerRepair, Collected>> {
  const watches = repairs.map((repair) => new Watch(repair, options));
  const names = [...new Set(watches.flatMap((watch) => watch.names))];
  const waiting = new Map<string, RuntimeTensor>();
  const see = async (name: string, tensor: RuntimeTensor, sample: number): Promise<void> => {
    waiting.set(name, tensor);
    for (const watch of watches) {
      if (watch.names.includes(name) && watch.names.every((each) => waiting.has(each))) {
        await watch.add(waiting, targets.get(watch.repair)![sample]!, sample);
      }
    }
    if (names.every((each) => waiting.has(each))) waiting.clear();
  };
  await observeValues(truncated(model, names), names, see, { ...observing(options), portionBytes: Infinity });
  const collected = new Map<LayerRepair, Collected>();
  for (const watch of watches) collected.set(watch.repair, await watch.sums());
  return collected;
}

/** Runs the model in hand and sums up what a batch norm reads, by channel, together with what it is to give. */
export async function channelSumsOf(
  model: Model,
  repair: NormRepair,
  targets: Targets,
  options: CollectOptions,
): Promise<{ readonly training: ChannelSums; readonly validation: ChannelSums }> {
  const { input, channels } = repair;
  const [training, validation] = [new ChannelSums(channels), new ChannelSums(channels)];
  const see = (_: string, tensor: RuntimeTensor, sample: number): void => {
    const rows = outputRows(tensor, repair, sample, options.count);
    (isHeldOut(sample, options) ? validation : training).add(rows, targets.get(repair)![sample]!);
  };
  await observeValues(truncated(model, [input]), [input], see, observing(options));
  return { training, validation };
}

/** Every fourth sample judges a fit, and is not in it; nor are its variants. */
const isHeldOut = (sample: number, { distinct }: FitSamples): boolean => (sample % distinct) % 4 === 3;

const observing = ({ context, samples, count }: CollectOptions): ObserveOptions => ({
  runtime: context.runtime!,
  samples,
  count,
  signal: context.signal,
});

/** One layer while samples go by. */
class Watch {
  readonly names: readonly string[];
  /** Rows that are kept as they are: fewer than a layer has inputs, so that their span says it all. */
  private readonly rows: { readonly x: Float32Array; readonly y: Float64Array; readonly sample: number }[] = [];
  private moments?: { readonly training: readonly Moments[]; readonly validation: readonly Moments[] };

  constructor(
    readonly repair: LayerRepair,
    private readonly options: CollectOptions,
  ) {
    const { input, branch } = repair;
    this.names = branch === undefined ? [input] : [input, branch];
  }

  async add(values: ReadonlyMap<string, RuntimeTensor>, target: Float32Array, sample: number): Promise<void> {
    const { layer, input, branch } = this.repair;
    const window = layer.kind === 'Conv' ? slidingOf(layer.node, layer.kernel) : noWindow;
    const wanted = Float64Array.from(target);
    if (branch !== undefined) {
      const given = outputRows(values.get(branch)!, this.repair, sample, this.options.count);
      given.forEach((value, index) => (wanted[index]! -= value));
    }
    const tensor = values.get(input)!;
    const positions = chosen(positionCount(tensor.shape, window), this.repair, sample, this.options.count);
    const rows = gatherInputs(tensor, window, positions);
    const width = fanIn(layer);
    const few = layer.groups === 1 && width > 256 && positions.length * this.options.count < width;
    if (few && !this.moments) this.rows.push({ x: rows, y: wanted, sample });
    else await this.addTo((this.moments ??= this.makeMoments(width)), rows, wanted, sample);
  }

  async sums(): Promise<Collected> {
    const { multiply } = this.options;
    if (this.rows.length === 0) return finished((this.moments ??= this.makeMoments(fanIn(this.repair.layer))));
    const width = fanIn(this.repair.layer);
    const all = matrix(
      this.rows.reduce((sum, { x }) => sum + x.length / width, 0),
      width,
    );
    let at = 0;
    for (const { x } of this.rows) {
      all.data.set(x, at);
      at += x.length;
    }
    const basis = await orthonormalized(transposed(all), multiply);
    const moments = this.makeMoments(basis.columns);
    for (const { x, y, sample } of this.rows) {
      const { data } = await multiply(matrix(x.length / width, width, Float64Array.from(x)), basis);
      await this.addTo(moments, data, y, sample);
    }
    return { ...(await finished(moments)), basis };
  }

  private makeMoments(width: number): { training: Moments[]; validation: Moments[] } {
    const { layer } = this.repair;
    const make = (): Moments[] =>
      Array.from(
        { length: layer.groups },
        () => new Moments(width, this.options.multiply, layer.outputs, layer.groups),
      );
    return { training: make(), validation: make() };
  }

  private async addTo(
    { training, validation }: { readonly training: readonly Moments[]; readonly validation: readonly Moments[] },
    x: Float32Array | Float64Array,
    y: Float64Array,
    sample: number,
  ): Promise<void> {
    const { groups, outputs } = this.repair.layer;
    const targetStride = outputs * groups;
    const stride = (x.length / y.length) * targetStride;
    for (const [group, each] of (isHeldOut(sample, this.options) ? validation : training).entries()) {
      const from = (stride / groups) * group;
      await each.add(x, y, { stride, from, targetStride, targetFrom: outputs * group });
    }
  }
}

async function finished(moments: {
  readonly training: readonly Moments[];
  readonly validation: readonly Moments[];
}): Promise<Collected> {
  const [training, validation] = [[] as Sums[], [] as Sums[]];
  for (const each of moments.training) training.push(await each.sums());
  for (const each of moments.validation) validation.push(await each.sums());
  return { training, validation };
}
