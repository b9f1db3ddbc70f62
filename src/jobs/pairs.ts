/** Which layer of one model is which of another. */
import { type LayerPair, type LayerReport, type PlainCost } from '../protocol/report';

/**
 * Part of how a weight is stored: computed from constants alone, so that a runtime does it once, when it loads the
 * model (its outputs are not activations).
 */
const preparesWeights = ({ activationBytes, macs }: LayerReport): boolean => activationBytes === 0 && macs === 0;

/** A cheap node named after a layer of the first model ("fc_scale" beside "fc"): part of the form it has now. */
const isPart = ({ name, macs }: LayerReport, names: ReadonlySet<string>): boolean =>
  macs === 0 && names.has(name.slice(0, Math.max(0, name.lastIndexOf('_'))));

const isHelper = (layer: LayerReport): boolean => adapters.has(layer.opType) || preparesWeights(layer);

/**
 * Nodes that only change the representation of what passes through them. One that only the second model has is part of
 * how a layer is stored or called, not a layer that somebody added.
 */
const adapters = new Set(['Cast', 'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear']);

/**
 * Pairs by name, then by the output that both produce, then by structure (two exports of one network share no name), in the order of the first model with what is new in its place;
 * nodes that only prepare weights are left out.
 * A layer that was split keeps its name on the part that computes, or its output on the last part.
 */
export function pairLayers(before: readonly LayerReport[], after: readonly LayerReport[]): LayerPair[] {
  const byName = new Map(after.map((layer) => [layer.name, layer]));
  const byMacs = groupedByMacs(after);
  const byOutput = new Map(after.flatMap((layer) => layer.outputs.map((output) => [output, layer] as const)));
  const producers = new Map(before.flatMap((layer) => layer.outputs.map((output) => [output, layer] as const)));
  const partner = new Map<LayerReport, LayerReport>();
  const taken = new Set<LayerReport>();
  const take = (layer: LayerReport, candidate: LayerReport | undefined): void => {
    if (!candidate || taken.has(candidate) || partner.has(layer)) return;
    partner.set(layer, candidate);
    taken.add(candidate);
  };
  for (const layer of before) {
    const named = byName.get(layer.name);
    if (named && named.domain === layer.domain && (named.opType === layer.opType || !adapters.has(named.opType))) {
      take(layer, named);
    }
  }
  for (const layer of before) {
    if (partner.has(layer)) continue;
    const found = computing(layer, byMacs) ?? sameOutput(layer, byOutput);
    take((found && absorbing(layer, found, producers)) ?? layer, found);
  }
  for (const [layer, candidate] of alike(before, after, partner, taken)) take(layer, candidate);
  const owner = new Map([...partner].map(([from, to]) => [to, from]));
  return merge(before, after, partner, owner);
}

/** The part of a split layer that does its work: named after it, with the same cost. */
function computing(
  { name, macs }: LayerReport,
  byMacs: ReadonlyMap<PlainCost, readonly LayerReport[]>,
): LayerReport | undefined {
  if (macs === 0 || name === '') return undefined;
  return byMacs.get(macs)?.find((each) => each.name.startsWith(`${name}_`));
}

/** Layers by what they cost: a search through all of them for each would be quadratic. */
function groupedByMacs(layers: readonly LayerReport[]): ReadonlyMap<PlainCost, readonly LayerReport[]> {
  const groups = new Map<PlainCost, LayerReport[]>();
  for (const layer of layers) {
    const known = groups.get(layer.macs);
    if (known) known.push(layer);
    else groups.set(layer.macs, [layer]);
  }
  return groups;
}

/** An activation that was folded into the layer before it left that layer its output: the layer itself is that one. */
function absorbing(
  { macs, inputs: [input = ''] }: LayerReport,
  found: LayerReport,
  producers: ReadonlyMap<string, LayerReport>,
): LayerReport | undefined {
  const producer = producers.get(input);
  return macs === 0 && found.macs !== 0 && producer?.macs === found.macs ? producer : undefined;
}

function sameOutput(layer: LayerReport, byOutput: ReadonlyMap<string, LayerReport>): LayerReport | undefined {
  return layer.outputs.map((output) => byOutput.get(output)).find((found) => found && !isHelper(found));
}

/** Operators that exporters write the same product with. */
const products = new Set(['MatMul', 'Gemm', 'FusedMatMul']);

/** What a layer is, whatever it is called: its operator, what it computes, and the shape of what comes out. */
function structureOf({ opType, macs, parameters, outputShapes }: LayerReport): string {
  const kind = products.has(opType) ? 'product' : opType;
  const size = products.has(opType) ? '' : String(parameters);
  return [kind, typeof macs === 'number' ? macs : '', size, JSON.stringify(numbersIn(outputShapes[0]))].join('|');
}

/** Dimensions with a number: exporters call the others as they like. */
const numbersIn = (shape: LayerReport['outputShapes'][number] | undefined) =>
  shape?.map((dim) => (typeof dim === 'number' ? dim : null)) ?? null;

/** Layers of the same structure in order, where both models have as many of them: else it is a guess which is which. */
function* alike(
  before: readonly LayerReport[],
  after: readonly LayerReport[],
  partner: ReadonlyMap<LayerReport, LayerReport>,
  taken: ReadonlySet<LayerReport>,
): Iterable<readonly [LayerReport, LayerReport]> {
  const [left, right] = [
    byStructure(before.filter((layer) => !partner.has(layer))),
    byStructure(after.filter((layer) => !taken.has(layer))),
  ];
  for (const [structure, layers] of left) {
    const others = right.get(structure);
    if (others?.length !== layers.length) continue;
    for (const [index, layer] of layers.entries()) yield [layer, others[index]!];
  }
}

function byStructure(layers: readonly LayerReport[]): Map<string, LayerReport[]> {
  const found = new Map<string, LayerReport[]>();
  for (const layer of layers) {
    if (isHelper(layer)) continue;
    const structure = structureOf(layer);
    const known = found.get(structure);
    if (known) known.push(layer);
    else found.set(structure, [layer]);
  }
  return found;
}

function merge(
  before: readonly LayerReport[],
  after: readonly LayerReport[],
  partner: ReadonlyMap<LayerReport, LayerReport>,
  owner: ReadonlyMap<LayerReport, LayerReport>,
): LayerPair[] {
  const pairs: LayerPair[] = [];
  const names = new Set(before.map((layer) => layer.name));
  let next = 0;
  const addedUpTo = (end: number): void => {
    for (; next < end; next++) {
      const layer = after[next]!;
      if (!owner.has(layer) && !isHelper(layer) && !isPart(layer, names))
        pairs.push({ name: layer.name, after: layer });
    }
  };
  const positions = new Map(after.map((layer, position) => [layer, position]));
  for (const layer of before) {
    const match = partner.get(layer);
    if (match) addedUpTo(positions.get(match)!);
    if (preparesWeights(layer) && (!match || preparesWeights(match))) continue;
    pairs.push({ name: layer.name, before: layer, ...(match && { after: match }) });
  }
  addedUpTo(after.length);
  return pairs;
}
