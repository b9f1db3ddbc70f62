/** `check`: what is wrong or wasteful in a model. */
import { type Bindings } from './jobs';
import { type PassStep } from './report';

/** How much it matters. `warning`: wrong results or a clear waste. `information`: a gain is likely. `hint`: perhaps. */
export type Severity = 'warning' | 'information' | 'hint';

/** One finding. */
export interface Diagnostic {
  /** Stable, kebab-case: the name of the rule. */
  readonly code: string;
  readonly severity: Severity;
  /** Label of the node that it is about. */
  readonly node?: string;
  /** Name of the tensor or value that it is about. */
  readonly tensor?: string;
  /** What is wrong and what it costs, one or two sentences. */
  readonly message: string;
  /** The pass that mends it. */
  readonly fix?: PassStep;
  /** Path of the model that the pass has to run on, where that is another one. */
  readonly fixModel?: string;
}

/** What was measured of a model beside the one that it was made from. */
export interface MeasuredAgainst {
  /** Path of the model before. */
  readonly parent: string;
  /** Milliseconds, before and after. */
  readonly medianMs: readonly [before: number, after: number];
  /** Before through after. */
  readonly speedup: number;
  /** False when the difference drowns in the noise. */
  readonly significant: boolean;
}

/** Which model. */
export interface CheckRequest extends Bindings {
  readonly path: string;
  /** False leaves out the rules that read weights, for a quick look at a large model. Default true. */
  readonly readWeights?: boolean;
  /** Findings of one rule that are listed; the others are only counted. Default 20. */
  readonly limit?: number;
  /** Path of the model that it was made from: both are run, to see whether this one is slower. */
  readonly against?: string;
  /** What is known of that already. */
  readonly measured?: MeasuredAgainst;
}

/** All findings, the gravest first. */
export interface CheckReport {
  readonly model: { readonly path: string };
  readonly diagnostics: readonly Diagnostic[];
  /** How many there are of each rule, listed or not; rules that found nothing are left out. */
  readonly counts: Readonly<Record<string, number>>;
  readonly seconds: number;
}
