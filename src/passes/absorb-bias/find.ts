/** Finds what is shifted and who takes it back: layer → Relu → layers. */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Inference } from '../../operators/infer';
import { biasOf, setBias, takesBias } from '../../pass/channels/bias';
import { constantInput, floatTensor, setConstantInput } from '../../pass/channels/constant';
import { type Layer, layerOf } from '../../pass/channels/layer';
import { clipBounds, ruleOf } from '../../pass/channels/rules';
import { Tracer } from '../../pass/channels/trace';

/** A vector with one number for each output channel of a layer, that can be added to. */
export interface Slot {
  readonly node: Node;
  readonly channels: number;
  add(shift: ArrayLike<number>): void;
}

/** A layer that reads shifted channels. */
export interface Reader {
  readonly layer: Layer;
  readonly slot: Slot;
  /** Which channel of the maker each input channel is; -1 for one that comes from elsewhere. */
  readonly channels: Int32Array;
}

/** Something that can be absorbed. */
export interface Candidate {
  readonly relu: Node;
  /** What goes into the Relu. */
  readonly value: Value;
  /** Axis of the channels in `value`. */
  readonly axis: number;
  readonly maker: Slot;
  readonly readers: readonly Reader[];
}

/** Why a Relu cannot be shifted, and the node that makes its input. */
export interface Refusal {
  readonly node: Node;
  readonly reason: string;
}

/** Operators for which a shift of a channel before is the same shift after. */
const shifting = new Set([
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'ReduceMean', 'ReduceMax', 'Identity', 'Dropout'],
  ...['Concat', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose'],
]);

/** Every Relu of a graph, as a candidate or as a refusal. */
export function candidatesOf(
  model: Model,
  graph: Graph,
  inference: Inference,
  padded: boolean,
): (Candidate | Refusal)[] {
  return [...graph.nodes()].flatMap((node): readonly (Candidate | Refusal)[] => {
    const bounds = node.is('Clip') ? clipBounds(node) : undefined;
    if (!node.is('Relu') && bounds?.low !== 0) return [];
    const value = node.input(0);
    const producer = value?.producer;
    const made = producer && makerOf(producer, model, inference);
    if (!value || !made) return [];
    const { slot, axis } = made;
    const refuse = (reason: string): Refusal[] => [{ node: slot.node, reason }];
    if (bounds && bounds.high < Infinity)
      return refuse(`${node.label} cuts at ${bounds.high}, where a shift would show.`);
    if (value.useCount > 1 || graph.outputs.includes(value)) return refuse('More than its Relu reads its output.');
    const readers = readersOf(node, { model, graph, inference, padded, axis, channels: slot.channels });
    return typeof readers === 'string' ? refuse(readers) : [{ relu: node, value, axis, maker: slot, readers }];
  });
}

/** Where the shift of a value is: the bias of a layer, the constant of an Add, the shift of a batch norm. */
function makerOf(node: Node, model: Model, inference: Inference): { slot: Slot; axis: number } | undefined {
  const rank = inference.shapeOf(node.output(0)!)?.length;
  const layer = layerOf(node, model.opset);
  if (layer && takesBias(layer)) {
    const slot = layerSlot(layer);
    return slot && { slot, axis: 1 };
  }
  if (node.is('BatchNormalization')) {
    const slot = vectorSlot(node, 2);
    return slot && { slot, axis: 1 };
  }
  if (!node.is('Add') || rank === undefined || model.opset < 7) return undefined;
  const slot = [0, 1].map((index) => vectorSlot(node, index)).find((each) => each !== undefined);
  return slot && { slot, axis: rank - 1 };
}

function layerSlot(layer: Layer): Slot | undefined {
  const bias = biasOf(layer);
  if (!bias) return undefined;
  const add = (shift: ArrayLike<number>): void => {
    const now = biasOf(layer)!;
    setBias(
      layer,
      now.map((value, channel) => value + shift[channel]!),
    );
  };
  return { node: layer.node, channels: layer.outputs, add };
}

function vectorSlot(node: Node, index: number): Slot | undefined {
  const constant = constantInput(node, index);
  const [channels] = constant?.shape ?? [];
  if (constant?.shape.length !== 1 || channels === undefined || channels < 2) return undefined;
  const add = (shift: ArrayLike<number>): void => {
    const values = constantInput(node, index)!.read();
    setConstantInput(
      node,
      index,
      floatTensor(
        [channels],
        values.map((value, channel) => value + shift[channel]!),
      ),
    );
  };
  return { node, channels, add };
}

interface Search {
  readonly model: Model;
  readonly graph: Graph;
  readonly inference: Inference;
  readonly padded: boolean;
  readonly axis: number;
  readonly channels: number;
}

/** All layers that read the Relu's output; or why it cannot be shifted. */
function readersOf(
  relu: Node,
  { model, graph, inference, padded, axis, channels }: Search,
): readonly Reader[] | string {
  const output = relu.output(0)!;
  const rank = inference.shapeOf(output)?.length;
  if (rank === undefined) return `The rank of ${output.name} is not known.`;
  const tracer = new Tracer(model, graph, { inference });
  const ids = tracer.classes.fresh(channels);
  tracer.carry(output, { axis, rank, ids });
  const readers: Reader[] = [];
  const open = [output];
  for (let value = open.pop(); value; value = open.pop()) {
    for (const node of new Set(value.consumers())) {
      const layer = layerOf(node, model.opset);
      if (!layer) {
        const passes = shifting.has(node.opType) && !averagesPads(node) && ruleOf(node)?.(tracer, node);
        if (!passes) return `${node.label} (${node.opType}) reads it, which a shift would change.`;
        open.push(...(node.outputs.filter((each) => tracer.carried(each) !== undefined) as Value[]));
        continue;
      }
      const reader = readerOf(layer, value, tracer, padded);
      if (typeof reader === 'string') return reader;
      readers.push(reader);
    }
  }
  const frozen = tracer.classes.whyFrozen(ids[0]!);
  if (frozen) return `${frozen.reason}.`;
  return readers.length > 0 ? readers : 'No layer with weights reads it.';
}

function readerOf(layer: Layer, value: Value, tracer: Tracer, padded: boolean): Reader | string {
  const { node } = layer;
  const carried = tracer.carried(value)!;
  const axis = layer.channelAxis === 1 ? 1 : carried.rank - 1;
  if (node.input(0) !== value || carried.axis !== axis || carried.ids.length !== layer.inputs) {
    return `${node.label} reads its channels along another axis.`;
  }
  if (node.is('ConvTranspose')) return `${node.label} spreads a shift unevenly (ConvTranspose).`;
  if (!padded && node.is('Conv') && hasPads(node)) return `${node.label} has zero pads, which are not shifted.`;
  const slot = takesBias(layer) ? layerSlot(layer) : addedSlot(layer);
  if (!slot) return `${node.label} has no bias that could take the shift.`;
  // The first ids are those of the maker; others come in where values are joined.
  return { layer, slot, channels: carried.ids };
}

/** The constant that is added to a product, in place of a bias. */
function addedSlot({ node, outputs }: Layer): Slot | undefined {
  const output = node.output(0)!;
  const [add] = output.consumers();
  if (output.useCount !== 1 || !add?.is('Add') || node.graph!.outputs.includes(output)) return undefined;
  const slot = vectorSlot(add, 1 - add.inputs.indexOf(output));
  return slot?.channels === outputs ? slot : undefined;
}

const hasPads = (node: Node): boolean =>
  (node.ints('pads') ?? []).some((pad) => pad !== 0) || node.string('auto_pad', 'NOTSET').startsWith('SAME');

const averagesPads = (node: Node): boolean =>
  node.is('AveragePool') && (node.int('count_include_pad', 0) === 1 || node.int('ceil_mode', 0) === 1) && hasPads(node);
