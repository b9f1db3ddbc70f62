/** `inspect`: what each layer of a model holds and costs. Runs nothing unless asked, reads no weight. */
import { type Model } from '../graph/model';
import { type InspectRequest } from '../protocol/jobs';
import { type InspectReport } from '../protocol/report';
import { type JobContext } from './context';
import { openModel, profileFile } from './modelFile';
import { throwIfCancelled } from '../pass/context';

/** Profiles one model. */
export async function inspect(request: InspectRequest, context: JobContext): Promise<InspectReport> {
  const model = openModel(request.path);
  throwIfCancelled(context.signal);
  const report = request.run
    ? await inspectByRunning(model, request, context)
    : profileFile(model, request.path, request);
  if (!request.groups) return report;
  const { groupReports } = await import('./groups');
  return { ...report, groups: groupReports(model) };
}

/** Dimensions that a run told are bound as if the caller had given them, and marked. */
async function inspectByRunning(model: Model, request: InspectRequest, context: JobContext): Promise<InspectReport> {
  context.progress({ fraction: 0.2, message: 'Running the model for its shapes' });
  // Only here is anything written or drawn: reading a model must not wait for what that needs.
  const { measureShapes } = await import('./measureShapes');
  const { dims, shapes } = await measureShapes(model, request, await context.runtime());
  const report = profileFile(model, request.path, { ...request, dims: { ...request.dims, ...dims } });
  return {
    ...report,
    symbols: report.symbols.map((symbol) => (symbol.name in dims ? { ...symbol, measured: true } : symbol)),
    layers: report.layers.map((layer) => {
      const measuredOutputs = [...layer.outputs.keys()].filter((index) => shapes.has(layer.outputs[index]!));
      if (measuredOutputs.length === 0) return layer;
      const outputShapes = layer.outputs.map((name, index) => shapes.get(name) ?? layer.outputShapes[index] ?? null);
      return { ...layer, outputShapes, measuredOutputs };
    }),
  };
}
