/** Requests and results of jobs: one map, from which the worker's messages and the clients' types are derived. */
import { type CheckReport, type CheckRequest } from './check';
import { type Gates } from './recipe';
import { type AuditReport } from './audit';
import { type CompareReport, type CompressReport, type InspectReport, type PassStep } from './report';
import { type SensitivityOf, type SensitivityReport } from './sensitivity';
import { type SourcesReport, type SourcesRequest } from './sources';
import { type WeightsReport, type WeightsRequest } from './weights';

/** Which data to feed: paths and preprocessing, or typed random. */
export interface DataSpec {
  /** `random`, a folder of images, one or more .npy/.npz/.csv/.json/.wav, or a `*.data.json`. */
  readonly source: string | readonly string[];
  /** A labels file: `name<tab or comma>class` lines, or a .json/.npy list in the order of the samples. */
  readonly labels?: string;
  /** Use at most this many samples. */
  readonly samples?: number;
  /** Skip this many first (after the alphabetical order). */
  readonly skip?: number;
  /** Seed of random data. */
  readonly seed?: number;
  /** Preprocessing given in place of a `*.data.json`. */
  readonly description?: unknown;
}

/** Values for dynamic dimensions and shapes for inputs. */
export interface Bindings {
  readonly dims?: Readonly<Record<string, number>>;
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
}

/** `inspect`: costs what the graph costs, never reads a weight. */
export interface InspectRequest extends Bindings {
  readonly path: string;
  /** Runs the model once on random inputs to learn the shapes that only running tells. */
  readonly run?: boolean;
  /** Finds the channels that belong together as well. */
  readonly groups?: boolean;
}

/** `text`: the model in ONNX's textual syntax. */
export interface TextRequest {
  readonly path: string;
  /** Tensors with more elements are written `...`; undefined writes everything. */
  readonly elideOver?: number;
}

/** What `text` gives. */
export interface TextReport {
  readonly text: string;
  /** Line (from 0) of each row of the model's report, in its order. */
  readonly nodeLines: readonly number[];
  /** Kinds of things that the model has and the grammar cannot say. */
  readonly omitted: readonly string[];
}

/** `compress`: one or more passes, then the proof. */
export interface CompressRequest extends Bindings {
  readonly input: string;
  readonly output: string;
  readonly overwrite: boolean;
  readonly steps: readonly PassStep[];
  /** Calibration data, for passes that want it. */
  readonly data?: DataSpec;
  /** How to evaluate; false for not at all. */
  readonly evaluate: EvaluateRequest | false;
  /** Keep weights beside the model; undefined: as the input did, or when over 1.9 GB. */
  readonly externalData?: boolean;
  /** What the result must hold. A result that misses a gate is not written, unless `keep` says so. */
  readonly gates?: Gates;
  /** Write the result although it misses a gate. */
  readonly keep?: boolean;
}

/** How to compare two models. */
export interface EvaluateRequest {
  /** Default: typed random. */
  readonly data?: DataSpec;
  /** Default 8 for random data, all for a data set. */
  readonly samples?: number;
  /** Measure latency, default true. */
  readonly latency?: boolean;
  /** Default 1. */
  readonly threads?: number;
}

/** `compare`. */
export interface CompareRequest extends EvaluateRequest, Bindings {
  readonly a: string;
  readonly b: string;
}

/** `save`: reads and writes, a copy with weights in one file or beside it. */
export interface SaveRequest {
  readonly input: string;
  readonly output: string;
  readonly overwrite: boolean;
  readonly externalData?: boolean;
}

/** What `save` wrote. */
export interface SaveReport {
  readonly input: string;
  readonly output: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

/** `audit`: how the runtime executes each layer. */
export interface AuditRequest extends Bindings {
  readonly path: string;
  /** Run the model on random inputs as well, so that layers get their time; default true. */
  readonly latency?: boolean;
  /** Default 1. */
  readonly threads?: number;
}

/** `sensitivity`: how much the outputs lose by each layer in 8 bits, or by each group of channels that is pruned. */
export interface SensitivityRequest extends Bindings {
  readonly path: string;
  /** Default int8. */
  readonly of?: SensitivityOf;
  /** To learn from and to measure on; random when absent. */
  readonly data?: DataSpec;
  /** Samples that losses are measured on; default 16. */
  readonly samples?: number;
  /** Options of quantize-static or prune-channels, the passes whose loss is measured. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Shares of a group that are tried, ascending (prune); default 0.1 to 0.9. */
  readonly ratios?: readonly number[];
  /** Seconds after which groups that are not begun are left out (prune); default 300. */
  readonly seconds?: number;
}

/** Every job: request and result by kind. */
export interface Jobs {
  inspect: { request: InspectRequest; result: InspectReport };
  text: { request: TextRequest; result: TextReport };
  weights: { request: WeightsRequest; result: WeightsReport };
  sources: { request: SourcesRequest; result: SourcesReport };
  compress: { request: CompressRequest; result: CompressReport };
  compare: { request: CompareRequest; result: CompareReport };
  check: { request: CheckRequest; result: CheckReport };
  save: { request: SaveRequest; result: SaveReport };
  audit: { request: AuditRequest; result: AuditReport };
  sensitivity: { request: SensitivityRequest; result: SensitivityReport };
}

/** Name of a job. */
export type JobKind = keyof Jobs;

/** How far a job is. */
export interface JobProgress {
  /** 0 to 1 over the whole job. */
  readonly fraction: number;
  /** What is being done, for a person. */
  readonly message: string;
  /** Pass and node in hand; named when the worker dies. */
  readonly pass?: string;
  readonly node?: string;
}
