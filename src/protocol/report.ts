/**
 * Plain data that jobs return: the JSON of the command line (shapes promised in the docs), what crosses the worker's
 * IPC, what the views show. Bytes in bytes, times in milliseconds, costs as numbers once every symbol is bound.
 */
import { type AuditReport, type RunsAs } from './audit';
import { type DataSpec } from './jobs';
import { type GateReport } from './recipe';

/** A dimension as shown: a number, an expression over symbols ("2*H"), or null when unknown. */
export type PlainDim = number | string | null;

/** A cost: a number, an expression over unbound symbols, or null when it cannot be known before a run. */
export type PlainCost = number | string | null;

/** Totals of a model. */
export interface Totals {
  readonly fileBytes: number;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly macs: PlainCost;
  readonly flops: PlainCost;
  readonly peakActivationBytes: PlainCost;
  readonly nodes: number;
}

/** An input or output of the model. */
export interface PortReport {
  readonly name: string;
  /** Element type, or the kind for what is not a tensor ("sequence"). */
  readonly type: string;
  readonly shape: readonly PlainDim[] | null;
}

/** One node with what it costs. */
export interface LayerReport {
  readonly index: number;
  /** Name of the node, or a made-up unique label when it has none. */
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  /** Name scope, outermost first, joined by '/': "encoder/layer.0/attention". '' at the top. */
  readonly scope: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** One per output; null when even the rank is unknown. */
  readonly outputShapes: readonly (readonly PlainDim[] | null)[];
  readonly outputTypes: readonly (string | null)[];
  /** Elements of the constants that this layer owns (shared ones belong to the first user). */
  readonly parameters: number;
  readonly weightBytes: number;
  readonly macs: PlainCost;
  readonly flops: PlainCost;
  /** Bytes of the outputs. */
  readonly activationBytes: PlainCost;
  /** Bytes of operands and weights read, and of outputs written, in one execution without a cache; null when unknown. */
  readonly bytesRead?: number | null;
  readonly bytesWritten?: number | null;
  /** Arithmetic intensity: FLOPs for each byte moved; null when unknown or nothing is moved. */
  readonly intensity?: number | null;
  /** What a person reads as its kind: "Conv 3x3 /2", "MatMul", "Conv (int8)". */
  readonly kind: string;
  /** Shapes and types of the weights: "float[64,3,3,3]". */
  readonly weights: readonly { readonly name: string; readonly type: string; readonly shape: readonly number[] }[];
  /** `macs` as a polynomial in the symbols, where it depends on one. */
  readonly macsExpression?: string;
  /** `flops` likewise. */
  readonly flopsExpression?: string;
  /** Which of the output shapes the runtime was asked for, since the graph alone does not tell. */
  readonly measuredOutputs?: readonly number[];
  /** Index of the If, Loop or Scan row whose body this row is in; costs are for all its repetitions. */
  readonly parent?: number;
  /** False for rows in the cheaper branch of an If: they run instead of the other branch, so totals leave them out. */
  readonly counted?: boolean;
}

/** Something worth a person's notice. */
export interface Warning {
  readonly code: string;
  readonly node?: string;
  readonly message: string;
}

/** A dynamic dimension. */
export interface SymbolReport {
  readonly name: string;
  /** The value that the numbers were calculated with (null: left symbolic). */
  readonly value: number | null;
  /** True when the caller gave the value; absent or false when 1 was assumed. */
  readonly bound?: boolean;
  /** True when a run told the value: it holds for that run's inputs. */
  readonly measured?: boolean;
  /** `input`: of a graph input. `data`: only running tells. `declared`: named in the file, known no better. */
  readonly source?: 'input' | 'data' | 'declared';
}

/** `inspect`. */
export interface InspectReport {
  readonly model: Omit<Totals, 'nodes'> & {
    readonly path: string;
    readonly nodes: number;
    /** Rows of `layers`: nodes, those in bodies of If, Loop and Scan as well. */
    readonly layerCount: number;
    /** Elements of the weights that layers own, by the type in which they are stored. */
    readonly weightTypes: Readonly<Record<string, number>>;
    readonly irVersion: number;
    readonly opsets: Readonly<Record<string, number>>;
    readonly producer: string;
    /** True when weights are kept in other files; their names. */
    readonly externalFiles: readonly string[];
    /** `macs` and `flops` as polynomials in the symbols, where they depend on one. */
    readonly macsExpression?: string;
    readonly flopsExpression?: string;
  };
  /** Dynamic dimensions, with the value used for the numbers: 1 unless the caller binds it. */
  readonly symbols: readonly SymbolReport[];
  readonly inputs: readonly PortReport[];
  readonly outputs: readonly PortReport[];
  readonly layers: readonly LayerReport[];
  readonly warnings: readonly Warning[];
  /** Channels that can only leave together, where the request asked for them. */
  readonly groups?: readonly GroupReport[];
}

/** An inspection without its layers: what is known of a large model long before them. */
export type ReportHead = Omit<InspectReport, 'layers'>;

/** An axis of a weight that holds channels of a group. */
export interface GroupTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly axis: number;
  /** `makes`: rows of a weight, a bias, a scale. `reads`: columns of a weight that sums over the channels. */
  readonly role: 'makes' | 'reads';
}

/** Channels that the same layers make: what structured pruning takes out one by one, together with all that is tied to it. */
export interface GroupReport {
  readonly index: number;
  /** `heads`: of attention. `hidden`: units of a recurrent layer. */
  readonly kind: 'channels' | 'heads' | 'hidden';
  readonly channels: number;
  /** Layers that make the channels, and layers that read them. */
  readonly makers: readonly string[];
  readonly readers: readonly string[];
  readonly tensors: readonly GroupTensor[];
  /** Why they must all stay; absent when they may leave. */
  readonly frozen?: string;
  /** True when they could leave, but the rest would no longer compute what it did. */
  readonly approximate?: boolean;
}

/** How much of something a pass left to a layer that had more of it. */
export interface Removal {
  /**
   * `outputs`, `inputs`: channels that it makes and reads. `heads`: of attention. `units`: of a recurrent layer. `ranks`:
   * of its weight matrix. `nodes`: of the block that ends in it. `weights`: that are not zero.
   */
  readonly unit: 'outputs' | 'inputs' | 'heads' | 'units' | 'ranks' | 'nodes' | 'weights';
  readonly before: number;
  readonly after: number;
}

/** A layer that a pass changed. */
export interface ChangedLayer {
  readonly node: string;
  readonly opType: string;
  /** "float32 → int8 per channel". */
  readonly what: string;
  /** What it lost, the most telling first. */
  readonly removed?: readonly Removal[];
  /** Bytes of its weights before and after. */
  readonly bytesBefore?: number;
  readonly bytesAfter?: number;
  /** Signal-to-quantization-noise ratio of the weights, dB; null for exact (infinite). */
  readonly weightSqnrDb?: number | null;
  /** Measured time of the layer alone, ms, when the pass measured it. */
  readonly latencyBeforeMs?: number;
  readonly latencyAfterMs?: number;
}

/** A layer that a pass left alone, and why. */
export interface SkippedLayer {
  readonly node: string;
  readonly opType: string;
  readonly reason: string;
}

/** What one pass did. */
export interface PassReport {
  readonly id: string;
  readonly title: string;
  /** Goes after the title: "26 of 26 layers". */
  readonly summary: string;
  readonly changed: readonly ChangedLayer[];
  readonly skipped: readonly SkippedLayer[];
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** A latency distribution, milliseconds. */
export interface LatencyReport {
  readonly medianMs: number;
  /** Interquartile range. */
  readonly iqrMs: number;
  readonly runs: number;
}

/** How one output differs between two models over all samples. */
export interface OutputQuality {
  readonly name: string;
  readonly cosine: number;
  /** 20·log10(‖x‖ / ‖x−y‖); null means equal (infinite). */
  readonly sqnrDb: number | null;
  readonly maxAbsError: number;
  /** Share of samples whose arg-max agrees, 0 to 1; only for outputs that look like class scores. */
  readonly top1Agreement?: number;
  /** Elements that are NaN or infinite in one model and not equal in the other; they are left out of the other figures. */
  readonly nonFinite?: { readonly before: number; readonly after: number };
  /** Samples for which the two outputs differ in shape; they are left out of the other figures. */
  readonly misshapenSamples?: number;
}

/** `compare`. */
export interface CompareReport {
  readonly a: string;
  readonly b: string;
  readonly quality: {
    readonly samples: number;
    /** "436 images from …", "4 random samples". */
    readonly data: string;
    readonly random: boolean;
    readonly outputs: readonly OutputQuality[];
    /** From labels only: "top-1 accuracy" as a share 0 to 1. */
    readonly metric?: { readonly name: string; readonly before: number; readonly after: number };
  };
  readonly latency?: {
    readonly before: LatencyReport;
    readonly after: LatencyReport;
    /** before.medianMs / after.medianMs. */
    readonly speedup: number;
    /** False when the difference drowns in the noise. */
    readonly significant: boolean;
    readonly threads: number;
  };
  readonly size: { readonly before: number; readonly after: number; readonly ratio: number };
  readonly cost: { readonly before: Totals; readonly after: Totals };
  readonly layers: readonly LayerPair[];
  /** How the runtime executes the second model, when it is quantized. */
  readonly execution?: Pick<AuditReport, 'runtime' | 'counts' | 'conversions'>;
  readonly warnings: readonly Warning[];
}

/** A layer before and after; a missing side means it was added or removed. */
export interface LayerPair {
  readonly name: string;
  readonly before?: LayerReport;
  readonly after?: LayerReport;
  /** How the runtime executes it in the second model; where that was looked at. */
  readonly runsAs?: RunsAs;
  /** Which rule of the runtime keeps it in float. */
  readonly runsAsReason?: string;
  /** SQNR at its output, all layers together, dB; null when nothing is lost there. */
  readonly outputSqnrDb?: number | null;
  /** Its time in each model, ms, from the runtime's profile. */
  readonly latencyBeforeMs?: number;
  readonly latencyAfterMs?: number;
}

/** A pass with its options, as asked for. */
export interface PassStep {
  readonly pass: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** `<pass>` and `run`. */
export interface CompressReport {
  readonly input: string;
  readonly output: string;
  readonly passes: readonly PassReport[];
  readonly before: Totals;
  readonly after: Totals;
  readonly evaluation?: CompareReport;
  /** Why there is no evaluation, when there is none. */
  readonly evaluationSkipped?: string;
  /** What was asked for, to run it again. */
  readonly steps: readonly PassStep[];
  /** What the passes were calibrated with, where data was given to them. */
  readonly data?: DataSpec;
  /** One for each gate that was asked for. */
  readonly gates?: readonly GateReport[];
  /** False: a gate failed, and what is at `output`, if anything, was there before. */
  readonly written?: boolean;
  readonly seconds: number;
}
