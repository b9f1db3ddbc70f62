/** Plain data of an audit: how the runtime really executes each layer of a model. */

/**
 * How a layer is executed:
 * - `int8`: integer arithmetic (or, for layers that only move data, integers are moved) on static parameters;
 * - `int8-dynamic`: integer arithmetic, activations quantized as they come;
 * - `weights-only`: weights are packed integers, the arithmetic is the kernel's own (MatMulNBits);
 * - `float-qdq`: in floating point, with Quantize/DequantizeLinear executed right beside it;
 * - `float`: in floating point;
 * - `removed`: not at all, the runtime has simplified it away.
 */
export type RunsAs = 'int8' | 'int8-dynamic' | 'weights-only' | 'float-qdq' | 'float' | 'removed';

/** A rule of the runtime that keeps a layer from running in int8. */
export type AuditRule =
  | 'not-quantized' // nothing around it is quantized
  | 'no-int8-kernel'
  | 'input-not-quantized'
  | 'weight-not-quantized'
  | 'output-not-quantized'
  | 'output-also-read-as-float'
  | 'bias-not-fused' // MatMul → Add without Q between or behind
  | 'activation-zero-point' // Relu/Clip whose range does not begin at qmin
  | 'parameters-differ' // of input and output, where the layer only moves data
  | 'element-types' // a combination that no kernel takes
  | 'parameters-not-constant'
  | 'weight-only-layout'
  | 'bias-form' // not int32 at s_x · s_w
  | 'unknown';

/** One layer of the model as it is in the file. */
export interface AuditedLayer {
  /** Label of the node, as in other reports. */
  readonly node: string;
  readonly opType: string;
  readonly runsAs: RunsAs;
  /** The node of the optimized graph that does its work; absent when removed. */
  readonly runtimeNode?: { readonly name: string; readonly opType: string };
  /** Label of the layer that it was fused into, where that is another one. */
  readonly fusedInto?: string;
  /** Why it does not run in int8, for a layer of a quantized model. */
  readonly rule?: AuditRule;
  readonly reason?: string;
  /** Time of the runtime's node, ms, where the model was run; fused layers leave it to the one they are fused into. */
  readonly latencyMs?: number;
}

/** Nodes that calculate nothing: what the representation costs. */
export interface ConversionReport {
  /** QuantizeLinear and DequantizeLinear nodes (on activations or weights) that are executed. */
  readonly quantize: number;
  readonly dequantize: number;
  /** Transpose and Reorder nodes that the runtime added for the layouts of its kernels. */
  readonly layout: number;
  /** Time of all of them, ms, and of the whole graph, where the model was run. */
  readonly latencyMs?: number;
  readonly totalMs?: number;
}

/** `audit`. */
export interface AuditReport {
  /** Such as "ONNX Runtime 1.30.0": another version may fuse more or less. */
  readonly runtime: string;
  /** True when the model holds quantized tensors at all. */
  readonly quantized: boolean;
  readonly layers: readonly AuditedLayer[];
  /** How many layers run how. */
  readonly counts: Readonly<Record<RunsAs, number>>;
  readonly conversions: ConversionReport;
}
