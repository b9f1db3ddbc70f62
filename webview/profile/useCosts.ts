/** Which cost a person looks at, and in which scope: what the chart, the table and the graph go by. */
import { useMemo, useState } from 'preact/hooks';
import { type Metric, metrics, totalOf } from './costs';
import { type CostNode, costTree, pathTo } from './costTree';
import { hasTimes, type MeasuredLayer, measuredLayers } from './measured';
import { type ProfileProps } from './Profile';

/** The layers with what they cost in the chosen way. */
export interface Costs {
  readonly layers: readonly MeasuredLayer[];
  /** Whether times were measured. */
  readonly timed: boolean;
  readonly metric: Metric;
  readonly setMetric: (metric: Metric) => void;
  readonly total: number;
  /** From the whole model to the scope in view. */
  readonly path: readonly CostNode[];
  readonly setScope: (id: string) => void;
}

/** The costs of a profile; what is chosen is remembered. */
export function useCosts({ shown, remembered, remember }: ProfileProps): Costs {
  const { report } = shown.profile;
  const layers = useMemo(() => measuredLayers(report.layers, shown.audit), [report, shown.audit]);
  const timed = useMemo(() => hasTimes(layers), [layers]);
  const [chosen, setMetric] = useState<Metric>(() => firstMetric(remembered.metric, report.layers));
  const metric = chosen === 'latencyMs' && !timed ? 'macs' : chosen;
  const [scope, setScope] = useState(remembered.scope);
  const tree = useMemo(() => costTree(layers, metric), [layers, metric]);
  const path = useMemo(() => pathTo(tree, scope), [tree, scope]);
  const total = useMemo(() => totalOf(layers, metric), [layers, metric]);
  return {
    ...{ layers, timed, metric, total, path },
    setMetric: (next) => {
      setMetric(next);
      remember({ metric: next });
    },
    setScope: (id) => {
      setScope(id);
      remember({ scope: id });
    },
  };
}

/** What was looked at last; else MACs, unless nobody knows them. */
function firstMetric(remembered: string, layers: readonly MeasuredLayer[]): Metric {
  const known = metrics.find(({ id }) => id === remembered);
  if (known) return known.id;
  return layers.some(({ macs }) => typeof macs === 'number' && macs > 0) ? 'macs' : 'weightBytes';
}
