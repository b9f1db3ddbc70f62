/** Which cost the page shows, and what a layer costs in it. */
import { type PlainCost } from '../../src/protocol/report';
import { formatBytes, formatCost, formatCount, formatMilliseconds } from '../../src/report/format';
import { type TextKey } from '../strings';
import { type MeasuredLayer } from './measured';

/** A cost that a chart and a share can be made of. */
export type Metric = 'parameters' | 'weightBytes' | 'macs' | 'activationBytes' | 'latencyMs';

/** In the order of the switch. */
export const metrics: readonly { readonly id: Metric; readonly title: TextKey }[] = [
  { id: 'macs', title: 'metricMacs' },
  { id: 'weightBytes', title: 'metricWeights' },
  { id: 'parameters', title: 'metricParameters' },
  { id: 'activationBytes', title: 'metricActivations' },
  { id: 'latencyMs', title: 'metricTime' },
];

/** What a layer costs; 0 for what is not known before a run, and for a branch that is taken instead of another. */
export function costOf(layer: MeasuredLayer, metric: Metric): number {
  const cost: PlainCost = layer[metric] ?? null;
  return layer.counted !== false && typeof cost === 'number' ? cost : 0;
}

/** Sum over all layers. */
export function totalOf(layers: readonly MeasuredLayer[], metric: Metric): number {
  return layers.reduce((sum, layer) => sum + costOf(layer, metric), 0);
}

/** A cost in its unit. */
export function formatMetric(value: number, metric: Metric): string {
  if (metric === 'latencyMs') return formatMilliseconds(value);
  return metric === 'parameters' || metric === 'macs' ? formatCount(value) : formatBytes(value);
}

/** A cost that may be unknown, in its unit. */
export function formatLayerCost(layer: MeasuredLayer, metric: Metric): string {
  const cost = layer[metric] ?? null;
  if (cost === 0) return '';
  if (metric === 'latencyMs') return typeof cost === 'number' ? formatMilliseconds(cost) : '';
  return formatCost(cost, metric === 'weightBytes' || metric === 'activationBytes' ? 'B' : '');
}

/** What kind of work a layer does, for the colours of the chart. */
export type Family = 'convolution' | 'matrix' | 'recurrent' | 'normalization' | 'other';

/** In the order of the legend. */
export const families: readonly { readonly id: Family; readonly title: TextKey }[] = [
  { id: 'convolution', title: 'familyConvolution' },
  { id: 'matrix', title: 'familyMatrix' },
  { id: 'recurrent', title: 'familyRecurrent' },
  { id: 'normalization', title: 'familyNormalization' },
  { id: 'other', title: 'familyOther' },
];

/** Of an operator; by its name, so that quantized and contributed ones count too (QLinearConv, FusedMatMul). */
export function familyOf(opType: string): Family {
  if (/conv/i.test(opType)) return 'convolution';
  if (/lstm|gru|rnn/i.test(opType)) return 'recurrent';
  if (/matmul|gemm|attention|einsum/i.test(opType)) return 'matrix';
  return /norm/i.test(opType) ? 'normalization' : 'other';
}
