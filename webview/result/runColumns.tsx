/** The columns that a run of both models fills: how each layer is executed, and how long it takes. */
import { type VNode } from 'preact';
import { formatMillisecondsPair } from '../../src/report/format';
import { type LayerRow } from '../../src/report/layers';
import { runsAsText } from '../../src/report/runsAs';
import { visibleName } from '../../src/report/text';
import { Icon } from '../components/Icon';
import { type Column } from '../components/table/column';
import { text, words } from '../strings';

type LayerColumn = Column<LayerRow>;

/** How the runtime executes the layer in the new model. */
export function runsColumn(): LayerColumn {
  return {
    id: 'runs',
    title: text('columnRuns'),
    help: text('columnRunsHelp'),
    isNumeric: false,
    width: 100,
    grow: 0.5,
    sortKey: (row) => row.runsAs,
    render: (row) => (row.runsAs === null ? '' : <Runs row={row} runsAs={row.runsAs} />),
    fields: [
      { title: text('columnRuns'), value: (row) => row.runsAs },
      { title: text('fieldRunsAsReason'), value: (row) => row.runsAsReason },
    ],
  };
}

/** A quantized layer that runs in float, between conversions, is slower than before: it is marked. Why is on hover. */
function Runs({
  row: { runsAsReason, status },
  runsAs,
}: {
  row: LayerRow;
  runsAs: NonNullable<LayerRow['runsAs']>;
}): VNode {
  const said = runsAsText(runsAs, words());
  const title = [said, visibleName(runsAsReason)].filter(Boolean).join(': ');
  if (runsAs !== 'float-qdq' || status !== 'changed')
    return (
      <span class={`runs runs-${runsAs}`} title={title}>
        {said}
      </span>
    );
  return (
    <span class="runs change change-worse" title={title}>
      <Icon name="warning" label={text('warning')} />
      {said}
    </span>
  );
}

/** Time before and after. */
export function latencyColumn(): LayerColumn {
  return {
    id: 'latency',
    title: text('columnLatency'),
    help: text('columnLatencyHelp'),
    isNumeric: true,
    width: 134,
    grow: 1,
    sortKey: (row) => row.latencyBeforeMs,
    render: ({ latencyBeforeMs: before, latencyAfterMs: after }) => {
      if (before === null || after === null) return '';
      // Times of single layers are noisy: less than a tenth is no claim.
      const times = formatMillisecondsPair(before, after);
      return (
        <span title={times}>
          <Judged isWorse={after > before * 1.1}>{times}</Judged>
        </span>
      );
    },
    fields: [
      { title: `${text('columnLatency')} ${text('before')} (ms)`, value: (row) => row.latencyBeforeMs },
      { title: `${text('columnLatency')} ${text('after')} (ms)`, value: (row) => row.latencyAfterMs },
    ],
  };
}

/** A number that is marked when it got worse. */
export function Judged({ isWorse, children }: { isWorse: boolean; children: string }): VNode {
  if (!isWorse) return <>{children}</>;
  return (
    <span class="change change-worse">
      <Icon name="warning" label={text('worse')} />
      {children}
    </span>
  );
}
