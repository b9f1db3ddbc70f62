/** `compress`: read → passes → check → write → measure. */
import { openData } from '../data/openData';
import { firstSample } from '../data/source';
import { checkModel } from '../graph/check';
import { type Model } from '../graph/model';
import { admitInitializers } from '../operators/upgrade/irVersion';
import { LapidaryError } from '../protocol/errors';
import { type CompressRequest } from '../protocol/jobs';
import { type CompressReport, type PassReport, type Totals } from '../protocol/report';
import { inputPorts } from '../runtime/randomFeeds';
import { type JobContext } from './context';
import { storedModel } from './modelFile';
import { checkOutput } from './output';
import { prove, proveFirst } from './prove';
import { breathe } from '../pass/context';
import { Stages } from './stages';
import { applySteps, resolveSteps } from './steps';

/**
 * Makes a smaller model beside the original and proves what it is worth. Throws `nothing-to-do`, with the reasons, when
 * no pass changed anything: then nothing is written. A model that cannot be run is written all the same, and
 * `evaluationSkipped` says why it was not measured. One that misses a gate is not written, and the report says so.
 */
export async function compress(request: CompressRequest, context: JobContext): Promise<CompressReport> {
  const started = performance.now();
  const { input, output, data } = request;
  const steps = resolveSteps(request.steps, data);
  const original = storedModel(input, request);
  checkOutput(request);
  await tryData(original.model, request, context);
  const stages = new Stages(context, expectedSeconds(original.totals, request));
  const result = await applySteps(original.model, steps, request, context, (index) =>
    stages.of('passes', { from: index / steps.length, to: (index + 1) / steps.length }),
  );
  refuseNothing(result.passes, input);
  admitInitializers(result.model);
  checkModel(result.model);
  await breathe(context.signal);
  stages.of('write')(0, 'Writing the model', lastPlace(result.passes));
  const proven = await (request.gates ? proveFirst : prove)(
    { original, ...result },
    request,
    context,
    stages.of('evaluate'),
  );
  return {
    input,
    output,
    passes: result.passes,
    ...proven,
    steps: request.steps,
    ...(data && { data }),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Reads the first sample of the data: a misspelt path must not come to light after minutes of work. Throws `data`. */
async function tryData(model: Model, request: CompressRequest, context: JobContext): Promise<void> {
  const { data, evaluate, dims, inputShapes } = request;
  const specs = new Set([data, evaluate ? evaluate.data : undefined]);
  for (const spec of specs) {
    if (!spec || spec.source === 'random') continue;
    const ports = inputPorts(model, dims);
    const source = await openData(spec, ports, { dims, inputShapes, log: (message) => context.log(message) });
    if (!(await firstSample(source))) context.log('The first sample cannot be read.');
  }
}

/** Where the passes ended: named should the process die while it writes what they made. */
function lastPlace(passes: readonly PassReport[]): { pass?: string; node?: string } {
  const last = [...passes].reverse().find((pass) => pass.changed.length > 0);
  return { pass: last?.id, node: last?.changed.at(-1)?.node };
}

type StageName = 'passes' | 'write' | 'evaluate';

/** Rough expectations: they only share out the progress bar. */
function expectedSeconds(totals: Totals, request: CompressRequest): Record<StageName, number> {
  const { nodes, weightBytes } = totals;
  const macs = typeof totals.macs === 'number' ? totals.macs : 1e9;
  const run = 0.002 + macs / 2e10;
  const sampleCount = (given: number | undefined, fallback: number) => given ?? fallback;
  const calibration = request.data ? sampleCount(request.data.samples, 100) * (run + 0.03) : 0;
  const evaluation = request.evaluate;
  const samples = evaluation
    ? sampleCount(evaluation.samples ?? evaluation.data?.samples, evaluation.data ? 300 : 8)
    : 0;
  return {
    passes: request.steps.length * (0.1 + nodes * 0.002 + weightBytes / 1.5e8 + calibration),
    write: 0.05 + weightBytes / 5e8,
    evaluate: evaluation ? 0.3 + samples * 2 * run + (evaluation.latency === false ? 0 : 2 + 20 * run) : 0,
  };
}

function refuseNothing(passes: readonly PassReport[], model: string): void {
  if (passes.some((pass) => pass.changed.length > 0)) return;
  throw new LapidaryError('nothing-to-do', `Nothing would change, so nothing was written. ${reasonsOf(passes)}`, {
    model,
    ...(passes.length === 1 && { pass: passes[0]!.id }),
  });
}

/** The passes' notes, then the reasons they gave for most layers. */
function reasonsOf(passes: readonly PassReport[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of passes.flatMap((pass) => pass.skipped)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const most = [...counts].sort((x, y) => y[1] - x[1]).slice(0, 3);
  const layers = most.map(([reason, count]) => `${count} ${count === 1 ? 'layer' : 'layers'}: ${reason}`);
  const said = [...passes.flatMap((pass) => pass.notes), ...layers];
  return said.length > 0 ? said.join(' ') : 'The model has no layer that this is for.';
}
