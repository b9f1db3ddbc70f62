/** Runs every rule over a model. */
import { type Model } from '../../graph/model';
import { type InferOptions } from '../../operators/infer';
import { type Diagnostic, type MeasuredAgainst, type Severity } from '../../protocol/check';
import { CheckContext } from './context';
import { rules } from './rules';
import { type Rule } from './rule';

/** How to check. */
export interface CheckOptions extends InferOptions {
  /** Findings of one rule that are listed; the others are only counted. */
  readonly limit: number;
  /** Default true. */
  readonly readWeights?: boolean;
  /** What was measured of the model beside the one that it was made from. */
  readonly measured?: MeasuredAgainst;
  /** Lets a cancel through; throws when there was one. */
  readonly breathe: () => Promise<void>;
  /** Told before each rule, 0 to 1. */
  readonly onProgress?: (fraction: number, rule: Rule) => void;
}

/** What was found. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  readonly counts: Readonly<Record<string, number>>;
}

const order: readonly Severity[] = ['warning', 'information', 'hint'];

/** Checks a model; the gravest findings come first, those of one rule together. Reads weights where a rule needs them. */
export async function checkModelHealth(model: Model, options: CheckOptions): Promise<Findings> {
  const { limit, breathe, onProgress, readWeights = true } = options;
  const context = new CheckContext(model, options, breathe, options.measured);
  const diagnostics: Diagnostic[] = [];
  const counts: Record<string, number> = {};
  const asked = rules.filter(({ readsWeights }) => readWeights || !readsWeights);
  for (const [index, rule] of asked.entries()) {
    onProgress?.(index / asked.length, rule);
    await breathe();
    for await (const finding of rule.check(context)) {
      const count = (counts[rule.code] ?? 0) + 1;
      counts[rule.code] = count;
      if (count <= limit) diagnostics.push({ code: rule.code, ...finding });
    }
  }
  diagnostics.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return { diagnostics, counts };
}
