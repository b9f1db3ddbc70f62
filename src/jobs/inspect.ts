/** `inspect`: what each layer of a model holds and costs. Runs nothing, reads no weight. */
import { type InspectRequest } from '../protocol/jobs';
import { type InspectReport } from '../protocol/report';
import { type JobContext } from './context';
import { openModel, profileFile } from './modelFile';
import { throwIfCancelled } from './stages';

/** Profiles one model. */
export function inspect(request: InspectRequest, context: JobContext): Promise<InspectReport> {
  const model = openModel(request.path);
  throwIfCancelled(context.signal);
  return Promise.resolve(profileFile(model, request.path, request));
}
