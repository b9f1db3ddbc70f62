/**
 * Every word that the figures of a report are made of, in English. A view in another language passes its own set.
 * `{0}`, `{1}` … stand for values. Pure: imports nothing.
 */
export const englishWords = {
  // A change between two models.
  same: 'same',
  smaller: '{0} smaller',
  larger: '{0} larger',
  faster: '{0} faster',
  slower: '{0} slower',
  less: '{0} less',
  more: '{0} more',
  none: 'none left',
  added: 'new',
  points: '{0} points',
  // The four figures.
  size: 'Size',
  macs: 'MACs',
  latency: 'Latency',
  quality: 'Quality',
  oneThread: '1 thread',
  threads: '{0} threads',
  latencyRuns: 'median of {0} interleaved runs each',
  latencyMixedRuns: 'median of {0} and {1} runs',
  latencySpread: 'spread (IQR) {0}',
  noClaim: 'inside the noise: no claim',
  notMeasured: 'not measured',
  unknownCost: 'unknown until the model runs',
  cosine: 'cosine {0}',
  maxError: 'max error {0}',
  top1: 'top-1 agreement {0}',
  sqnr: 'SQNR {0}',
  identical: 'identical outputs',
  randomInputs: 'random inputs: how close the outputs are, not how accurate',
  worstOutput: 'output “{0}”, the worst of {1}',
  parameters: '{0} parameters',
  weights: 'weights {0}',
  peakActivations: 'activations at peak est. {0}',
  nodes: '{0} nodes',
  // Gates of a recipe.
  gates: 'Gates',
  gateSize: 'Size ratio',
  gateSpeedup: 'Speed-up',
  gateSqnr: 'SQNR',
  gateMetric: 'Metric drop',
  atMost: 'at most {0}',
  atLeast: 'at least {0}',
  gatePassed: 'passed',
  gateFailed: 'failed',
  gateLine: '{0}: {1}, wanted {2}: {3}.',
  // How the runtime executes a layer.
  runsInt8: 'int8',
  runsDynamic: 'int8, dynamic',
  runsPacked: 'packed weights',
  runsBeside: 'float + Q/DQ',
  runsFloat: 'float',
  runsRemoved: 'removed',
  int8Layers: '{0} of {1} layers with MACs run in int8',
  // What a layer lost.
  removedOutputs: '{0} → {1} channels',
  removedInputs: '{0} → {1} inputs',
  removedHeads: '{0} → {1} heads',
  removedUnits: '{0} → {1} units',
  removedRanks: 'rank {0} → {1}',
  removedNodes: '{0} → {1} nodes',
  removedWeights: '{0} → {1} nonzero weights',
  // What happened to a layer.
  layerAdded: 'added',
  layerRemoved: 'removed',
} as const;

/** The same words in some language. */
export type ReportWords = { readonly [K in keyof typeof englishWords]: string };

/** Puts values into a template; a value is never read as a template itself. */
export function fill(template: string, ...values: readonly (string | number)[]): string {
  return template.replace(/\{(\d)\}/g, (hole, index: string) => String(values[Number(index)] ?? hole));
}
