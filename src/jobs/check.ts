/** `check`: what is wrong or wasteful in a model. Runs nothing; reads weights only where a rule compares them. */
import { declarations, isPassId } from '../passes/declarations';
import { type PassDeclaration } from '../pass/declaration';
import { OptionError, parseOptions } from '../pass/option';
import { checkModelHealth } from '../profile/diagnostics/check';
import { type CheckReport, type CheckRequest, type Diagnostic } from '../protocol/check';
import { type JobContext } from './context';
import { openModel } from './modelFile';
import { breathe } from './stages';

/** Findings of one rule that are listed: a page of the same sentence helps nobody. */
const defaultLimit = 20;

/** Checks one model. */
export async function check(request: CheckRequest, context: JobContext): Promise<CheckReport> {
  const started = performance.now();
  const { path, limit = defaultLimit, readWeights = true, dims, inputShapes } = request;
  const model = openModel(path);
  const { diagnostics, counts } = await checkModelHealth(model, {
    ...(dims && { dims }),
    ...(inputShapes && { inputShapes }),
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
