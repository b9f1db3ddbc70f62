/** What a recipe says: passes, data, and what the result must hold. Plain data, as `src/recipe` reads it from a file. */
import { type Bindings, type DataSpec, type EvaluateRequest } from './jobs';
import { type PassStep } from './report';

/** What the result of a run must hold; a gate that is not given is not asked for. */
export interface Gates {
  /** Largest size of the new model as a part of the original's, external data included: 0.3. */
  readonly maxSizeRatio?: number;
  /** Least speed-up over the original: 1.5. */
  readonly minSpeedup?: number;
  /** Least signal-to-quantization-noise ratio of the worst output, dB. */
  readonly minSqnrDb?: number;
  /** Largest drop of the metric that the labels allow to measure, in its own unit: 0.01 is one point of accuracy. */
  readonly maxMetricDrop?: number;
}

/** Name of a gate. */
export type GateName = keyof Gates;

/** How one gate turned out. */
export interface GateReport {
  readonly gate: GateName;
  readonly wanted: number;
  /** What was found; null when it could not be measured, or is infinite (outputs without any error). */
  readonly measured: number | null;
  readonly passed: boolean;
  /** Why it failed although nothing was measured, or why what was measured does not count. */
  readonly reason?: string;
}

/** A recipe with every path in it absolute. */
export interface Recipe extends Bindings {
  readonly name?: string;
  readonly description?: string;
  readonly passes: readonly PassStep[];
  /** Data to calibrate with, and to evaluate on unless `evaluate` names its own. */
  readonly data?: DataSpec;
  readonly evaluate?: EvaluateRequest | false;
  readonly gates?: Gates;
}
