/** Which value of the float model is what a layer of the quantized model makes. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Spread } from '../../pass/channels/spread';
import { type Slot } from './slots';

/** Nodes that may have been folded into the layer before them, or into the rounding behind it. */
const folded = new Set(['Add', 'Sub', 'Mul', 'Div', 'BatchNormalization']);
const cut = new Set(['Relu', 'Clip']);
const mostFolded = 4;

/** Looks up values of a float model. */
export class Counterparts {
  private readonly byLabel = new Map<string, Node>();
  private readonly byName = new Map<string, Value>();

  constructor(private readonly model: Model) {
    for (const node of model.graph.nodes()) {
      this.byLabel.set(node.label, node);
      for (const output of node.outputs) if (output) this.byName.set(output.name, output);
    }
  }

  /**
   * Values that may be the slot's: outputs of the nodes of the same names, of what was perhaps folded into them, and
   * what was cut off (Relu) to make the value of the same name. Statistics tell which it is.
   */
  candidates({ layer, end }: Slot): string[] {
    const found = new Set<string>();
    for (const label of [layer.label, end.label]) {
      const node = this.byLabel.get(label);
      if (node) this.follow(node.output(0), found);
    }
    let same: Value | undefined = this.byName.get(end.output(0)!.name);
    if (same) found.add(same.name);
    while (same?.producer && cut.has(same.producer.opType)) {
      same = same.producer.input(0);
      if (same?.producer) found.add(same.name);
    }
    return [...found];
  }

  private follow(value: Value | undefined, found: Set<string>): void {
    for (let steps = 0; value && steps <= mostFolded; steps++) {
      found.add(value.name);
      const [next] = value.consumers();
      if (value.useCount !== 1 || !next || !folded.has(next.opType) || next.graph !== this.model.graph) return;
      value = next.output(0);
    }
  }
}

/** Beyond this, two values are not the same one with noise. */
const farthest = 1;

/**
 * The spread that is closest, or undefined when none is close: distance of the means in deviations plus that of the
 * deviations (logarithms), root mean square over channels.
 */
export function closest(quantized: Spread, candidates: readonly Spread[]): Spread | undefined {
  let best: Spread | undefined;
  let least = farthest;
  for (const candidate of candidates) {
    const distance = distanceOf(quantized, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function distanceOf(a: Spread, b: Spread): number {
  if (a.mean.length !== b.mean.length) return Infinity;
  const typical = rootMeanSquare(b.deviation);
  if (typical === 0) return rootMeanSquare(a.mean.map((mean, channel) => mean - b.mean[channel]!)) === 0 ? 0 : Infinity;
  let sum = 0;
  a.mean.forEach((mean, channel) => {
    // A channel that hardly varies weighs little, however far it is in its own deviations.
    const deviation = Math.max(b.deviation[channel]!, 0.1 * typical);
    const shift = (mean - b.mean[channel]!) / deviation;
    const stretch = Math.log(Math.max(a.deviation[channel]!, 0.1 * typical) / deviation);
    sum += shift ** 2 + stretch ** 2;
  });
  return Math.sqrt(sum / a.mean.length);
}

/** √(mean of squares). */
export function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length));
}
