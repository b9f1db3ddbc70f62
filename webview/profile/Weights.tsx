/** The weights of a model: what their numbers look like, read while the table is open. */
import { type VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type InspectReport } from '../../src/protocol/report';
import { type WeightReport } from '../../src/protocol/weights';
import { PlainTable } from '../components/table/PlainTable';
import { text } from '../strings';
import { type ProfileWire } from './state';
import { weightColumns } from './weightColumns';
import { nextBatch, type WeightRow, weightRows } from './weightRows';

/** What the section needs to know. */
export interface WeightsProps {
  readonly report: InspectReport;
  readonly known: ReadonlyMap<string, WeightReport>;
  readonly wire: ProfileWire;
}

/** The section. */
export function Weights({ report, known, wire }: WeightsProps): VNode {
  const rows = useMemo(() => weightRows(report, known), [report, known]);
  const columns = useMemo(weightColumns, []);
  const asked = useRef(new Set<string>());
  // One request at a time: `known` is another map whenever an answer has come.
  useEffect(() => {
    const names = nextBatch(rows, asked.current);
    for (const name of names) asked.current.add(name);
    if (names.length > 0) wire.post({ type: 'weights', names });
  }, [known]);
  const readNow = ({ name }: WeightRow): void => {
    if (known.has(name)) return;
    asked.current.add(name);
    wire.post({ type: 'weights', names: [name] });
  };
  return (
    <PlainTable
      id="weights"
      class="profile-weights"
      title={text('weights')}
      unit="tensors"
      rows={rows}
      columns={columns}
      searchText={searchText}
      emptyText={text('noWeights')}
      onOpen={readNow}
      toHost={(content) => wire.post({ type: 'copy', text: content })}
    />
  );
}

const searchText = ({ name, layer, type }: WeightRow): string => `${name}\n${layer}\n${type}`;
