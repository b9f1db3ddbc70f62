/** `audit`: how the runtime executes each layer of a model, and why not in int8. */
import { auditModel } from '../profile/audit/audit';
import { type AuditRequest } from '../protocol/jobs';
import { type AuditReport } from '../protocol/audit';
import { LapidaryError } from '../protocol/errors';
import { type Feeds } from '../runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../runtime/randomFeeds';
import { type JobContext } from './context';
import { openModel } from './modelFile';
import { breathe } from '../pass/context';

/**
 * Audits one model. Layers get their time from runs on random inputs; where the model cannot be run on them, the audit
 * goes without. Throws `runtime-missing`, `runtime-failed` or `unsupported` when the model cannot be loaded.
 */
export async function audit(request: AuditRequest, context: JobContext): Promise<AuditReport> {
  const { path, latency = true, threads, dims, inputShapes } = request;
  const model = openModel(path);
  await breathe(context.signal);
  context.progress({ fraction: 0.1, message: 'Loading the model in the runtime' });
  const runtime = await context.runtime();
  const options = {
    ...(threads !== undefined && { threads }),
    signal: context.signal,
  };
  try {
    if (!latency) return await auditModel(model, runtime, options);
    const feeds: Feeds = randomFeeds(inputPorts(model, dims), { dims, inputShapes, bounds: indexBounds(model) });
    return await auditModel(model, runtime, { ...options, feeds });
  } catch (thrown) {
    const error = LapidaryError.from(thrown, 'runtime-failed', { model: path });
    if (!latency || !['runtime-failed', 'unsupported'].includes(error.code)) throw error;
    context.log(`The model cannot be run on random inputs, so layers have no times: ${error.message}`);
    return audit({ ...request, latency: false }, context);
  }
}
