/** `sensitivity`: what the outputs of a model lose when one part of it alone is compressed. */
import { type SensitivityRequest } from '../protocol/jobs';
import { type SensitivityReport } from '../protocol/sensitivity';
import { type JobContext } from './context';
import { factorizeSensitivity } from './sensitivity/factorize';
import { int8Sensitivity } from './sensitivity/int8';
import { pruneSensitivity } from './sensitivity/prune';

/** Measures what the request is about. */
export function sensitivity(request: SensitivityRequest, context: JobContext): Promise<SensitivityReport> {
  switch (request.of) {
    case 'prune':
      return pruneSensitivity(request, context);
    case 'factorize':
      return factorizeSensitivity(request, context);
    default:
      return int8Sensitivity(request, context);
  }
}
