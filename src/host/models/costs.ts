/** What a layer costs, by the measure that a person chose. Knows no vscode. */
import { type InspectReport, type LayerReport, type PlainCost } from '../../protocol/report';
import { formatBytes, formatCount } from '../../report/format';

/** What layers can be weighed by. */
export type Measure = 'macs' | 'parameters' | 'weightBytes' | 'activationBytes';

/** How layers are ordered: as in the graph, or the costliest first. */
export type LayerOrder = 'graph' | Measure;

/** A sum over layers; not complete when a layer's cost depends on a dimension that is not known yet. */
export interface CostSum {
  readonly known: number;
  readonly complete: boolean;
}

/** The sums of all measures. */
export type Costs = Readonly<Record<Measure, CostSum>>;

const measures: readonly Measure[] = ['macs', 'parameters', 'weightBytes', 'activationBytes'];

/** Adds up what these layers cost. */
export function sumCosts(layers: readonly LayerReport[]): Costs {
  // The cheaper branch of an If is listed, but does not run: it counts for what it stores, not for what it computes.
  const running = layers.filter(({ counted }) => counted !== false);
  const sums = measures.map((measure) => {
    const rows = measure === 'parameters' || measure === 'weightBytes' ? layers : running;
    return [measure, sumOf(rows.map((layer) => layer[measure]))] as const;
  });
  return Object.fromEntries(sums) as Record<Measure, CostSum>;
}

/** Adds up sums. */
export function addCosts(all: readonly Costs[]): Costs {
  const sums = measures.map((measure): [Measure, CostSum] => {
    const parts = all.map((costs) => costs[measure]);
    const known = parts.reduce((sum, part) => sum + part.known, 0);
    return [measure, { known, complete: parts.every((part) => part.complete) }];
  });
  return Object.fromEntries(sums) as Record<Measure, CostSum>;
}

function sumOf(costs: readonly PlainCost[]): CostSum {
  const numbers = costs.filter((cost): cost is number => typeof cost === 'number');
  return { known: numbers.reduce((sum, cost) => sum + cost, 0), complete: numbers.length === costs.length };
}

/** The measure behind the shares: the chosen one; in graph order MACs, or parameters where MACs cannot be known. */
export function measureFor(order: LayerOrder, report: InspectReport): Measure {
  if (order !== 'graph') return order;
  return typeof report.model.macs === 'number' && report.model.macs > 0 ? 'macs' : 'parameters';
}

/** Part of the total, or undefined where there is no total. */
export function shareOf(part: CostSum, total: CostSum): number | undefined {
  return total.complete && part.complete && total.known > 0 ? part.known / total.known : undefined;
}

/** A share as the tree shows it: whole per cent, since rows are compared at a glance; "100 %" only for all of it. */
export function shareText(share: number | undefined): string {
  if (share === undefined || share === 0) return '';
  const percent = Math.round(share * 100);
  if (percent === 0) return '<1 %';
  return percent === 100 && share < 1 ? '>99 %' : `${percent} %`;
}

/** A sum with its unit: "349 M MACs", "2.36 M params"; "≥" when a part of it is not known; empty when nothing is. */
export function costText(sum: CostSum, measure: Measure): string {
  if (sum.known === 0) return '';
  const bound = sum.complete ? '' : '≥ ';
  switch (measure) {
    case 'macs':
      return `${bound}${formatCount(sum.known)} MACs`;
    case 'parameters':
      return `${bound}${formatCount(sum.known)} params`;
    case 'weightBytes':
    case 'activationBytes':
      return `${bound}${formatBytes(sum.known)}`;
  }
}
