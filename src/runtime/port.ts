/** The runtime as the rest of the engine sees it. runtime/ort.ts implements it with ONNX Runtime. */
import { type DataType } from '../graph/dataType';
import { type ElementArray } from '../numerics/elements';

/** Elements of a tensor in memory. float16 and bfloat16 are Uint16Array of bit patterns; bool is Uint8Array of 0/1. */
export type TensorElements = ElementArray | readonly string[];

/** A dense tensor: row-major elements. */
export interface RuntimeTensor {
  readonly dataType: DataType;
  readonly shape: readonly number[];
  readonly data: TensorElements;
}

/** Named tensors. */
export type Feeds = Readonly<Record<string, RuntimeTensor>>;

/** An input or output as the runtime declares it; symbolic dimensions by name, unknown ones as ''. */
export interface PortInfo {
  readonly name: string;
  /** undefined for sequences, maps, optionals. */
  readonly dataType?: DataType;
  readonly shape?: readonly (number | string)[];
}

/** How to open a session. */
export interface SessionOptions {
  /** Threads within an operator; 0 lets the runtime choose. Default 1, so that measurements compare. */
  readonly threads?: number;
  /** Default 'all'. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * Whether memory for a run is laid out beforehand, by what the runs before it took. Default true; without, it is taken
   * as it is needed: less in all, and where outputs are many, or inputs change their shape, in no more time.
   */
  readonly memoryPlan?: boolean;
  /** Where to write the optimized graph, to see what was fused. */
  readonly optimizedModelPath?: string;
  /** Prefix of the profile that the runtime writes when profiling ends, with the session at the latest. */
  readonly profilePrefix?: string;
  /** Session configuration entries such as `session.qdq_matmulnbits_accuracy_level`; values are strings. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A loaded model. */
export interface InferenceSession {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** Runs once; all outputs, or only those named. Outputs that are not tensors are an error. */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  /** Writes the profile; runs from here on are not profiled, and as fast as ever. */
  endProfiling?(): void;
  close(): Promise<void>;
}

/** Something that runs ONNX models. */
export interface InferenceRuntime {
  /** Such as "ONNX Runtime 1.30.0". */
  readonly name: string;
  /** Newest ai.onnx opset and IR version it accepts. */
  readonly limits: { readonly opset: number; readonly irVersion: number };
  /** Loads a model from a path (preferred: half the memory) or from bytes. */
  open(model: string | Uint8Array, options?: SessionOptions): Promise<InferenceSession>;
}
