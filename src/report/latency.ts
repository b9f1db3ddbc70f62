/** What a comparison says of the speed of a model. Pure. */
import { type MeasuredAgainst } from '../protocol/check';
import { type CompareReport } from '../protocol/report';

/** The latency of a comparison with `parent`, as checks take it. */
export function measuredAgainst(parent: string, latency: NonNullable<CompareReport['latency']>): MeasuredAgainst {
  const { before, after, speedup, significant } = latency;
  return { parent, medianMs: [before.medianMs, after.medianMs], speedup, significant };
}
