/** Rows of a profile for tests that are about something else. */
import { type LayerReport } from '../../src/protocol/report';

/** A convolution that reads, holds and costs nothing, but for what is said. */
export function layerReport(said: Partial<LayerReport>): LayerReport {
  return {
    index: 0,
    name: 'layer',
    opType: 'Conv',
    domain: '',
    scope: '',
    inputs: [],
    outputs: [],
    outputShapes: [],
    outputTypes: [],
    parameters: 0,
    weightBytes: 0,
    macs: 0,
    flops: 0,
    activationBytes: 0,
    kind: said.opType ?? 'Conv',
    weights: [],
    ...said,
  };
}
