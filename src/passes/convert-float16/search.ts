/** Finds how much must stay in float32 for the outputs to be close enough. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Inference } from '../../operators/infer';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { type InferenceRuntime } from '../../runtime/port';
import { type Conversion, convert } from './convert';
import { type Pair, rankByNoise, type References, runAll, worstSqnr } from './fidelity';
import { planFloat16, type PlanOptions } from './plan';
import { brief, type Samples } from './reference';

/** Nodes that the runtime refuses in float16 one after the other before the search gives up. */
const mostRefusals = 50;

/** A conversion and how close its outputs came. */
export interface Candidate {
  readonly conversion: Conversion;
  /** Worst output, dB; Infinity when all are equal. */
  readonly sqnrDb: number;
}

/** Converts, measures, and sends nodes back to float32 until the outputs are close enough. */
export class Search {
  constructor(
    private readonly model: Model,
    private readonly inference: Inference,
    private readonly options: PlanOptions & { readonly minSqnr: number },
    private readonly runtime: InferenceRuntime,
    private readonly samples: Samples,
    private readonly reference: References,
    private readonly context: PassContext,
  ) {}

  /** The best conversion found; `forced` are nodes that must stay in float32 anyway. */
  async run(forced: ReadonlyMap<Node, string>): Promise<Candidate> {
    const { minSqnr } = this.options;
    const { candidate: first, refused } = await this.tryRunning(forced);
    if (first.sqnrDb >= minSqnr) return first;
    const { plan, model: converted, rewriting } = first.conversion;
    const pair = { original: this.model, inference: this.inference, plan, converted, halves: rewriting.halves };
    const ranked = await this.rank(pair);
    const reason = `In float16 it costs accuracy: the outputs had ${first.sqnrDb.toFixed(1)} dB.`;
    const attempt = async (count: number): Promise<Candidate> => {
      const back = new Map(refused);
      for (const node of ranked.slice(0, count))
        for (const each of withProducers(node)) back.set(each, back.get(each) ?? reason);
      return (await this.tryRunning(back)).candidate;
    };
    // Doubling finds a number that is enough, halving then one that is nearly least.
    let [low, high] = [0, 1];
    let best = await attempt(high);
    while (best.sqnrDb < minSqnr && high < ranked.length) {
      [low, high] = [high, Math.min(ranked.length, 2 * high)];
      best = await attempt(high);
    }
    while (high - low > Math.max(1, high / 8)) {
      const middle = Math.floor((low + high) / 2);
      const candidate = await attempt(middle);
      if (candidate.sqnrDb < minSqnr) low = middle;
      else [high, best] = [middle, candidate];
    }
    return best;
  }

  /** By noise where the values can be looked at, else in the order of the graph. */
  private async rank(pair: Pair): Promise<Node[]> {
    try {
      return await rankByNoise(this.runtime, pair, this.samples.feeds[0]!);
    } catch (thrown) {
      const error = LapidaryError.from(thrown, 'runtime-failed');
      if (error.code !== 'runtime-failed') throw error;
      this.context.log(`Layers cannot be ranked by their noise: ${error.message}`);
      return [...this.model.graph.allNodes()].filter((node) => pair.plan.roles.get(node) === 'half');
    }
  }

  /** Converts and measures; what the runtime refuses goes back to float32. */
  private async tryRunning(
    forced: ReadonlyMap<Node, string>,
  ): Promise<{ candidate: Candidate; refused: ReadonlyMap<Node, string> }> {
    const refused = new Map(forced);
    for (let tries = 0; ; tries++) {
      const result = await this.attempt(refused);
      if (!(result instanceof Refusal)) return { candidate: result, refused };
      const { conversion, error } = result;
      const culprit = [...conversion.originalOf].find(
        ([twin]) => twin.name !== '' && twin.name === error.place.node,
      )?.[1];
      if (culprit && conversion.plan.roles.get(culprit) === 'half' && tries < mostRefusals) {
        refused.set(culprit, `ONNX Runtime does not take it in float16: ${brief(error)}`);
        continue;
      }
      const found = await this.findRefusedOperator(result, refused);
      if (!found) throw error;
      return found;
    }
  }

  /** Some failures name no node (a fusion that stumbles over float16): tries which operator's return mends it. */
  private async findRefusedOperator(
    { conversion, error }: Refusal,
    refused: ReadonlyMap<Node, string>,
  ): Promise<{ candidate: Candidate; refused: ReadonlyMap<Node, string> } | undefined> {
    const nodesOf = new Map<string, Node[]>();
    for (const [node, role] of conversion.plan.roles) {
      if (role === 'half') nodesOf.set(node.opType, [...(nodesOf.get(node.opType) ?? []), node]);
    }
    const weight = (nodes: readonly Node[]): number =>
      nodes.reduce(
        (sum, node) => sum + node.inputs.reduce((bytes, value) => bytes + (value?.constant?.byteLength ?? 0), 0),
        0,
      );
    const named = (opType: string): number => (new RegExp(`\\b${opType}\\b`).test(error.message) ? 0 : 1);
    const order = [...nodesOf].sort(
      ([a, x], [b, y]) => named(a) - named(b) || weight(x) - weight(y) || x.length - y.length,
    );
    for (const [opType, nodes] of order) {
      const reason = `ONNX Runtime does not take the model with ${opType} in float16: ${brief(error)}`;
      const more = new Map([...refused, ...nodes.map((node) => [node, reason] as const)]);
      const result = await this.attempt(more);
      if (!(result instanceof Refusal)) return { candidate: result, refused: more };
    }
    return undefined;
  }

  private async attempt(forced: ReadonlyMap<Node, string>): Promise<Candidate | Refusal> {
    if (this.context.signal.aborted) throw new LapidaryError('cancelled', 'The conversion was cancelled.');
    this.context.progress({ fraction: 0.7, message: 'Comparing outputs in float16 and float32' });
    const plan = planFloat16(this.model, this.inference, { ...this.options, forced });
    const conversion = convert(this.model, plan, true);
    try {
      const outputs = await runAll(this.runtime, conversion.model, this.samples);
      return { conversion, sqnrDb: worstSqnr(this.reference, outputs) };
    } catch (thrown) {
      const error = LapidaryError.from(thrown, 'runtime-failed');
      if (error.code !== 'runtime-failed') throw error;
      return new Refusal(conversion, error);
    }
  }
}

/** The runtime would not load or run a conversion. */
class Refusal {
  constructor(
    readonly conversion: Conversion,
    readonly error: LapidaryError,
  ) {}
}

/** A node and those that make its inputs: noise that a node amplifies was made by them. */
function withProducers(node: Node): Node[] {
  return [node, ...node.inputs.flatMap((value) => (value?.producer ? [value.producer] : []))];
}
