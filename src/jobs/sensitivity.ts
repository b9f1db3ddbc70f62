/** `sensitivity`: what the outputs of a model lose when one part of it alone is compressed. */
import { type SensitivityRequest } from '../protocol/jobs';
import { type SensitivityReport } from '../protocol/sensitivity';
import { type JobContext } from './context';
import { int8Sensitivity } from './sensitivity/int8';
import { pruneSensitivity } from './sensitivity/prune';

/** Measures what the request is about. */
export function sensitivity(request: SensitivityRequest, context: JobContext): Promise<SensitivityReport> {
  return request.of === 'prune' ? pruneSensitivity(request, context) : int8Sensitivity(request, context);
}
