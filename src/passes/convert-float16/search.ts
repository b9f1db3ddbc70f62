/** Finds how much must stay in float32 for the outputs to be close enough. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Inference } from '../../operators/infer';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { type InferenceRuntime } from '../../runtime/port';
import { type Conversion, convert } from './convert';
import { type Pair, rankByNoise, type References, runAll, worstSqnr } from './fidelity';
import { planFloat16, type PlanOptions } from './plan';
import { withRounding } from './rounding';
import { brief, type CheckSamples } from './checkSamples';

/**
 * A device that rounds every value may fall this far short of the least SQNR, dB: deep networks lose 10 to 30 dB to
 * rounding and are none the worse for it, while a layer that does not work in float16 loses nearly everything.
 */
const roundingSlack = 25;

/** How the reason begins that a node stays in float32 for its noise. */
export const costsAccuracy = 'In float16 it costs accuracy';

/** Nodes that the runtime refuses in float16 one after the other before the search gives up. */
const mostRefusals = 50;

/** Runs, and time in ms, that making the set of float32 nodes minimal may take. */
const mostShrinkRuns = 200;
const mostShrinkMs = 15_000;

/** A conversion and how close its outputs came. */
export interface Candidate {
  readonly conversion: Conversion;
  /** Worst output as this runtime computes it, dB; Infinity when all are equal. */
  readonly sqnrDb: number;
  /** The same on a device that rounds every value to float16 (simulated); undefined where that cannot be run. */
  readonly roundedDb?: number;
  /**
   * Set when nodes had to go back to float32 for their noise: true when each of them was tried in float16 again and is
   * needed, false when the budget ran out before.
   */
  readonly minimal?: boolean;
}

/** Nodes that stay in float32, and why. */
type Kept = ReadonlyMap<Node, string>;

/** Converts, measures, and sends nodes back to float32 until the outputs are close enough. */
export class Search {
  constructor(
    private readonly model: Model,
    private readonly inference: Inference,
    private readonly options: PlanOptions & { readonly minSqnr: number },
    private readonly runtime: InferenceRuntime,
    private readonly samples: CheckSamples,
    private readonly reference: References,
    private readonly context: PassContext,
  ) {}

  /** The best conversion found; `forced` are nodes that must stay in float32 anyway. */
  async run(forced: Kept): Promise<Candidate> {
    const { candidate: first, refused } = await this.tryRunning(forced);
    if (this.isGood(first)) return first;
    const ranked = await this.rank(first.conversion);
    const worst = Math.min(first.sqnrDb, first.roundedDb ?? Infinity);
    const reason = `${costsAccuracy}: the outputs had ${worst.toFixed(1)} dB.`;
    const keptFor = (count: number): Kept => {
      const kept = new Map(refused);
      for (const node of ranked.slice(0, count).flatMap(withProducers)) kept.set(node, kept.get(node) ?? reason);
      return kept;
    };
    const enough = (count: number): Promise<boolean> => this.isEnough(keptFor(count));
    // Growing fourfold finds a number that is enough, halving then one that is nearly least: some ten runs in all.
    let [low, high] = [0, Math.min(ranked.length, Math.ceil(ranked.length / 64))];
    while (high < ranked.length && !(await enough(high))) [low, high] = [high, Math.min(ranked.length, 4 * high)];
    while (high - low > Math.max(1, high / 4)) {
      const middle = Math.floor((low + high) / 2);
      if (await enough(middle)) high = middle;
      else low = middle;
    }
    const { candidate: found } = await this.tryRunning(keptFor(high));
    // What is rounded everywhere may not get worse for it, beyond what was asked for.
    const leastRounded = Math.min(this.options.minSqnr, (found.roundedDb ?? Infinity) - 1);
    const { kept, tried } = await this.shrink(keptFor(high), refused, leastRounded);
    const { candidate } = await this.tryRunning(kept);
    return { ...candidate, minimal: tried };
  }

  private async isEnough(kept: Kept, leastRounded = -Infinity): Promise<boolean> {
    const result = await this.attempt(kept);
    return !(result instanceof Refusal) && this.isGood(result) && (result.roundedDb ?? Infinity) >= leastRounded;
  }

  /**
   * Lets nodes go back to float16 as long as the outputs stay close enough: halves, quarters … and then each by itself, those
   * that cost least first (Zeller's delta debugging). What is left is minimal: no node of it can go alone. `tried` is false
   * when the budget ran out before.
   */
  private async shrink(
    kept: Kept,
    refused: Kept,
    leastRounded: number,
  ): Promise<{ readonly kept: Kept; readonly tried: boolean }> {
    let current = [...kept].filter(([node]) => !refused.has(node));
    const started = performance.now();
    let runs = 0;
    const within = (): boolean => runs < mostShrinkRuns && performance.now() - started < mostShrinkMs;
    for (let size = Math.ceil(current.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
      for (let end = current.length; end > 0; end -= size) {
        if (!within()) return { kept: new Map([...refused, ...current]), tried: false };
        const rest = [...current.slice(0, Math.max(0, end - size)), ...current.slice(end)];
        runs++;
        if (await this.isEnough(new Map([...refused, ...rest]), leastRounded)) current = rest;
      }
    }
    return { kept: new Map([...refused, ...current]), tried: true };
  }

  /** By noise where the values can be looked at, else in the order of the graph. */
  private async rank(conversion: Conversion): Promise<Node[]> {
    const { plan, rewriting } = conversion;
    const parts = { original: this.model, inference: this.inference, plan, halves: rewriting.halves };
    try {
      const pair: Pair = { ...parts, rounded: withRounding(conversion) };
      return await rankByNoise(this.runtime, pair, this.samples, this.context.signal);
    } catch (thrown) {
      const error = LapidaryError.from(thrown, 'runtime-failed');
      if (error.code !== 'runtime-failed') throw error;
      this.context.log(`Layers cannot be ranked by their noise: ${error.message}`);
      return [...this.model.graph.allNodes()].filter((node) => plan.roles.get(node) === 'half');
    }
  }

  /** Converts and measures; what the runtime refuses goes back to float32. */
  private async tryRunning(forced: Kept): Promise<{ candidate: Candidate; refused: Kept }> {
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
    refused: Kept,
  ): Promise<{ candidate: Candidate; refused: Kept } | undefined> {
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

  /** Runs the conversion as it is, to see that the runtime takes it, then as other devices would compute it. */
  private async attempt(kept: Kept): Promise<Candidate | Refusal> {
    const conversion = this.convert(kept);
    try {
      return await this.closeness(conversion, await runAll(this.runtime, conversion.model, this.samples));
    } catch (thrown) {
      const error = LapidaryError.from(thrown, 'runtime-failed');
      if (error.code !== 'runtime-failed') throw error;
      return new Refusal(conversion, error);
    }
  }

  private convert(kept: Kept): Conversion {
    throwIfCancelled(this.context.signal);
    this.context.progress({ fraction: 0.7, message: 'Comparing outputs in float16 and float32' });
    const plan = planFloat16(this.model, this.inference, { ...this.options, forced: kept });
    return convert(this.model, plan, true);
  }

  private isGood({ sqnrDb, roundedDb }: Candidate): boolean {
    const { minSqnr } = this.options;
    return sqnrDb >= minSqnr && (roundedDb === undefined || roundedDb >= minSqnr - roundingSlack);
  }

  /** How close the outputs are, as they were computed and with every value rounded. */
  private async closeness(conversion: Conversion, outputs: References): Promise<Candidate> {
    const sqnrDb = worstSqnr(this.reference, outputs);
    // Before opset 7 the arithmetic of rounding would not broadcast.
    if (this.model.opset < 7) return { conversion, sqnrDb };
    try {
      // Fused kernels approximate: without them only the rounding differs.
      const { model } = withRounding(conversion);
      const rounded = await runAll(this.runtime, model, this.samples, { optimization: 'basic', threads: 0 });
      return { conversion, sqnrDb, roundedDb: worstSqnr(this.reference, rounded) };
    } catch (thrown) {
      const error = LapidaryError.from(thrown, 'runtime-failed');
      if (error.code !== 'runtime-failed') throw error;
      this.context.log(`Rounding to float16 cannot be simulated: ${error.message}`);
      return { conversion, sqnrDb };
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
