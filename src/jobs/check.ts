/** `check`: what is wrong or wasteful in a model. Runs nothing; reads weights only where a rule compares them. */
import { declarations, isPassId } from '../passes/declarations';
import { type PassDeclaration } from '../pass/declaration';
import { OptionError, parseOptions } from '../pass/option';
import { checkModelHealth } from '../profile/diagnostics/check';
import { type CheckReport, type CheckRequest, type Diagnostic, type MeasuredAgainst } from '../protocol/check';
import { type JobContext } from './context';
import { measuredAgainst } from '../report/latency';
import { openModel } from './modelFile';
import { breathe } from '../pass/context';

/** Findings of one rule that are listed: a page of the same sentence helps nobody. */
const defaultLimit = 20;

/** Checks one model. */
export async function check(request: CheckRequest, context: JobContext): Promise<CheckReport> {
  const started = performance.now();
  const { path, limit = defaultLimit, readWeights = true, dims, inputShapes } = request;
  const model = openModel(path);
  const measured = request.measured ?? (await measure(request, context));
  const { diagnostics, counts } = await checkModelHealth(model, {
    ...(dims && { dims }),
    ...(inputShapes && { inputShapes }),
    ...(measured && { measured }),
    limit,
    readWeights,
    breathe: () => breathe(context.signal),
    onProgress: (fraction, rule) => context.progress({ fraction, message: rule.summary }),
  });
  return {
    model: { path },
    diagnostics: diagnostics.map(withPossibleFix),
    counts,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Runs the model beside the one that it was made from. */
async function measure(request: CheckRequest, context: JobContext): Promise<MeasuredAgainst | undefined> {
  const { path, against, dims, inputShapes } = request;
  if (against === undefined) return undefined;
  // Only here is anything run: checking must not wait for what that needs.
  const { compare } = await import('./compare');
  const { latency } = await compare({ a: against, b: path, samples: 1, dims, inputShapes }, context);
  return latency && measuredAgainst(against, latency);
}

/** Rules name passes that they cannot import: a fix that no pass takes is not offered. */
function withPossibleFix({ fix, ...diagnostic }: Diagnostic): Diagnostic {
  return fix && isPossible(fix) ? { ...diagnostic, fix } : diagnostic;
}

function isPossible({ pass, options }: NonNullable<Diagnostic['fix']>): boolean {
  if (!isPassId(pass)) return false;
  const declaration: PassDeclaration = declarations[pass];
  try {
    parseOptions(declaration.options, options);
    return true;
  } catch (thrown) {
    if (thrown instanceof OptionError) return false;
    throw thrown;
  }
}
