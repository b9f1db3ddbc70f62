/** Runs passes one after the other, each with what it needs. */
import { openData } from '../data/openData';
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { type PassContext } from '../pass/context';
import { type PassDeclaration } from '../pass/declaration';
import { excludeOption, matchesName, OptionError, parseOptions } from '../pass/option';
import { type ApplyPass } from '../pass/pass';
import { isQuantized } from '../pass/quantized';
import { type PassResult } from '../pass/result';
import { composeKept, type KeptChannels } from '../pass/shrink/keptChannels';
import { declarations, isPassId } from '../passes/declarations';
import { implementations } from '../passes/implementations';
import { LapidaryError } from '../protocol/errors';
import { type Bindings, type DataSpec } from '../protocol/jobs';
import { type PassReport, type PassStep } from '../protocol/report';
import { indexBounds, inputPorts } from '../runtime/randomFeeds';
import { type JobContext } from './context';
import { mindRandom } from './inputs';
import { boundDims, dimsWithData } from './modelFile';
import { type StageProgress } from './stages';

/** A step whose pass is known and whose options are checked. */
export interface ResolvedStep {
  readonly declaration: PassDeclaration;
  readonly options: Readonly<Record<string, unknown>>;
  /** True for a step that nobody asked for: it is left out where it cannot run. */
  readonly automatic?: boolean;
}

/** Checks passes, options and data before anything is done; throws `usage`. */
export function resolveSteps(steps: readonly PassStep[], data: DataSpec | undefined): ResolvedStep[] {
  if (steps.length === 0) throw new LapidaryError('usage', 'No pass was asked for.');
  const resolved = steps.map(({ pass, options }) => {
    if (!isPassId(pass)) {
      const known = Object.keys(declarations).join(', ');
      throw new LapidaryError('usage', `There is no pass "${pass}".`, { hint: `Passes: ${known}.` });
    }
    const declaration: PassDeclaration = declarations[pass];
    if (declaration.needs.data === 'required' && !data) {
      throw new LapidaryError('usage', `${declaration.title} needs data to calibrate with.`, {
        pass,
        hint: 'Give a folder of images, arrays or a *.data.json with --data.',
      });
    }
    try {
      return { declaration, options: parseOptions(declaration.options, options) };
    } catch (thrown) {
      if (thrown instanceof OptionError) throw new LapidaryError('usage', thrown.message, { pass }, { cause: thrown });
      throw thrown;
    }
  });
  // Fitted to made-up inputs, layers would forget real ones.
  return data && data.source !== 'random' ? withRecovery(resolved) : resolved;
}

/** Passes that take parts of layers away: what is left can be refitted (which would fill zeros up again). */
const isStructural = ({ declaration: { id, family, kind } }: ResolvedStep): boolean =>
  kind === 'lossy' && (family === 'prune' || family === 'factorize') && id !== 'recover' && id !== 'prune-weights';

/** Recovery after the last structural pass of each run of them, unless a recovery follows or was declined. */
function withRecovery(steps: readonly ResolvedStep[]): ResolvedStep[] {
  const declaration: PassDeclaration = declarations.recover;
  return steps.flatMap((step, index) => {
    const next = steps[index + 1];
    if (!isStructural(step) || step.options.recover === false) return [step];
    if (next && (isStructural(next) || next.declaration.id === declaration.id)) return [step];
    return [step, { declaration, options: parseOptions(declaration.options, {}), automatic: true }];
  });
}

/** What steps work with. */
export interface StepsRequest extends Bindings {
  readonly data?: DataSpec;
}

/** Applies the steps to a model and says what each did. The model that comes in stays as it is. */
export async function applySteps(
  model: Model,
  steps: readonly ResolvedStep[],
  request: StepsRequest,
  context: JobContext,
  progressOf: (index: number) => StageProgress,
): Promise<{ model: Model; passes: PassReport[] } & Pick<PassContext, 'unquantized'>> {
  const passes: PassReport[] = [];
  let current = model;
  let unquantized = isQuantized(model) ? undefined : model;
  let kept: KeptChannels = new Map();
  for (const [index, step] of steps.entries()) {
    const { id } = step.declaration;
    const started = performance.now();
    try {
      const models = { model: current, original: model, unquantized, kept };
      const result = await applyStep(models, step, request, context, progressOf(index));
      const report = reportOf(step, result, (performance.now() - started) / 1000);
      passes.push({ ...report, notes: [...report.notes, ...unmatchedNames(current, step)] });
      if (result.changed.length === 0) continue;
      current = result.model;
      if (result.kept) kept = composeKept(kept, result.kept);
      if (unquantized && !isQuantized(current)) unquantized = current;
    } catch (thrown) {
      const done = passes.map((pass) => pass.id).join(', ');
      const failed = LapidaryError.from(thrown, 'internal', { model: model.path, pass: id });
      const error = mindRandom(failed, request.data);
      if (step.automatic && error.code === 'runtime-missing') {
        context.log(`${step.declaration.title} was left out: ${error.message}`);
        continue;
      }
      throw done === '' || error.place.hint ? error : error.at({ hint: `Passes before it succeeded: ${done}.` });
    }
  }
  return { model: current, passes, ...(unquantized && { unquantized }) };
}

/** What a step works on, and what it may look back to. */
interface StepModels extends Pick<PassContext, 'unquantized' | 'kept'> {
  readonly model: Model;
  readonly original: Model;
}

async function applyStep(
  { model, original, unquantized, kept }: StepModels,
  { declaration, options }: ResolvedStep,
  request: StepsRequest,
  context: JobContext,
  progress: StageProgress,
): Promise<PassResult> {
  const { id, title, needs } = declaration;
  progress(0, title, { pass: id });
  const { runtimeUnless: unless } = needs;
  const isRun = unless === undefined || options[unless.option] !== unless.is;
  const runtime = isRun && needs.runtime && (await runtimeFor(needs.runtime, context));
  const data = needs.data && request.data && (await dataFor(model, indexBounds(original), request, context));
  // The options were checked against this very declaration, which a mapped type cannot express.
  const { apply } = (await implementations[id as keyof typeof implementations]()) as { apply: ApplyPass };
  const passContext: PassContext = {
    ...(runtime && { runtime }),
    ...(data && { data }),
    dims: data ? await dimsWithData(model, request, data) : boundDims(model, request),
    original,
    ...(unquantized && { unquantized }),
    ...(kept && { kept }),
    signal: context.signal,
    progress: ({ fraction, message, node }) => progress(fraction, message, { pass: id, ...(node && { node }) }),
    log: (message) => context.log(`${id}: ${message}`),
  };
  return apply(model, options as Parameters<ApplyPass>[1], passContext);
}

/** A pass that only likes to have a runtime goes without where there is none. */
async function runtimeFor(need: 'required' | 'optional', context: JobContext) {
  try {
    return await context.runtime();
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    if (need === 'required' || error.code !== 'runtime-missing') throw error;
    context.log(`Going on without a runtime: ${error.message}`);
    return undefined;
  }
}

/** `bounds` are those of the original: where tables are quantized already, nothing shows how many rows they have. */
function dataFor(
  model: Model,
  bounds: Readonly<Record<string, number>>,
  { data, dims, inputShapes }: StepsRequest,
  context: JobContext,
): Promise<DataSource> {
  return openData(data!, inputPorts(model, dims), {
    dims,
    inputShapes,
    bounds,
    log: (message) => context.log(message),
  });
}

/** A misspelt name to leave alone must not go unnoticed: its layer would be changed. */
function unmatchedNames(model: Model, { declaration, options }: ResolvedStep): string[] {
  const { exclude } = options as { readonly exclude?: readonly string[] };
  if (declaration.options.exclude !== excludeOption || !exclude || exclude.length === 0) return [];
  const graphs = [model.graph, ...model.functions.map(({ body }) => body)];
  const labels = graphs.flatMap((graph) => [...graph.allNodes()].map(({ label }) => label));
  return exclude
    .filter((pattern) => !labels.some((label) => matchesName(label, [pattern.replace(/^!/, '')])))
    .map((pattern) =>
      pattern.startsWith('!')
        ? `No node is named "${pattern.slice(1)}", which was not to be left out.`
        : `No node is named "${pattern}", which was to be left as it is.`,
    );
}

function reportOf({ declaration }: ResolvedStep, result: PassResult, seconds: number): PassReport {
  const { id, title } = declaration;
  const { changed, skipped, notes } = result;
  const total = changed.length + skipped.length;
  const count = `${changed.length} of ${total} ${total === 1 ? 'layer' : 'layers'}`;
  const summary = total === 0 ? 'nothing to change' : count;
  return { id, title, summary, changed, skipped, notes, seconds };
}
