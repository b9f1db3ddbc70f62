/** `inspect`: what each layer of a model holds and costs. Runs nothing unless asked, reads no weight. */
import { type Model } from '../graph/model';
import { type Profile, wholeReport } from '../profile/profile';
import { type InspectRequest } from '../protocol/jobs';
import { type InspectReport, type LayerReport, type PlainDim } from '../protocol/report';
import { type JobContext } from './context';
import { openModel, profileFileInParts } from './modelFile';
import { throwIfCancelled } from '../pass/context';

/** Profiles one model. */
export async function inspect(request: InspectRequest, context: JobContext): Promise<InspectReport> {
  return wholeReport(await inspectInParts(request, context));
}

/** The same, with the totals at once and the rows as they are asked for. */
export async function inspectInParts(request: InspectRequest, context: JobContext): Promise<Profile> {
  const model = openModel(request.path);
  throwIfCancelled(context.signal);
  const profile = request.run
    ? await inspectByRunning(model, request, context)
    : profileFileInParts(model, request.path, request);
  if (!request.groups) return profile;
  const { groupReports } = await import('./groups');
  return { ...profile, head: { ...profile.head, groups: groupReports(model) } };
}

/** Dimensions that a run told are bound as if the caller had given them, and marked. */
async function inspectByRunning(model: Model, request: InspectRequest, context: JobContext): Promise<Profile> {
  context.progress({ fraction: 0.2, message: 'Running the model for its shapes' });
  // Only here is anything written or drawn: reading a model must not wait for what that needs.
  const { measureShapes } = await import('./measureShapes');
  const { dims, shapes } = await measureShapes(model, request, await context.runtime());
  const bound = { ...request, dims: { ...request.dims, ...dims } };
  const { head, layers } = profileFileInParts(model, request.path, bound);
  const symbols = head.symbols.map((symbol) => (symbol.name in dims ? { ...symbol, measured: true } : symbol));
  return { head: { ...head, symbols }, layers: withShapes(layers, shapes) };
}

function* withShapes(
  layers: Iterable<LayerReport>,
  shapes: ReadonlyMap<string, readonly PlainDim[]>,
): Generator<LayerReport> {
  for (const layer of layers) {
    const measuredOutputs = [...layer.outputs.keys()].filter((index) => shapes.has(layer.outputs[index]!));
    const outputShapes = layer.outputs.map((name, index) => shapes.get(name) ?? layer.outputShapes[index] ?? null);
    yield measuredOutputs.length === 0 ? layer : { ...layer, outputShapes, measuredOutputs };
  }
}
