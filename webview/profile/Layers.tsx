/** The layers of a model, or of the scope that the chart looks at. */
import { type Ref, type VNode } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import { type AuditReport } from '../../src/protocol/audit';
import { type ProfileFeatures } from '../../src/protocol/webview';
import { visibleName } from '../../src/report/text';
import { Button } from '../components/Button';
import { TableSection } from '../components/table/TableSection';
import { text } from '../strings';
import { type Metric } from './costs';
import { isInScope } from './costTree';
import { layerColumns } from './layerColumns';
import { type ProfileWire, type Remembered } from './state';
import { type MeasuredLayer } from './measured';

/** What the section needs to know. */
export interface LayersProps {
  readonly layers: readonly MeasuredLayer[];
  /** What a run told, if there was one. */
  readonly audit: AuditReport | undefined;
  readonly metric: Metric;
  /** Of `metric`, over the whole model. */
  readonly total: number;
  /** Only layers in this scope are shown. */
  readonly scope: string;
  /** A layer that was chosen in the chart. */
  readonly picked: MeasuredLayer | undefined;
  readonly onWholeModel: () => void;
  readonly features: ProfileFeatures;
  readonly wire: ProfileWire;
  readonly remembered: Remembered;
  readonly remember: (change: Partial<Remembered>) => void;
  readonly sectionRef: Ref<HTMLElement>;
}

/** The section. */
export function Layers(props: LayersProps): VNode {
  const { layers, audit, metric, total, scope, picked, onWholeModel, features, wire, remembered, remember } = props;
  const [sort, setSort] = useState(remembered.sort);
  const [filter, setFilter] = useState(remembered.filter);
  const columns = useMemo(() => layerColumns(layers, metric, total), [layers, metric, total]);
  const isShown = useCallback((layer: MeasuredLayer) => isInScope(layer, scope), [scope]);
  const changeFilter = (next: string): void => {
    setFilter(next);
    remember({ filter: next });
  };
  const reveal = (layer: MeasuredLayer): void =>
    wire.post({ type: 'revealLayer', index: layer.index, name: layer.name });
  return (
    <TableSection
      id="layers"
      class="profile-layers"
      title={text('layers')}
      rows={layers}
      columns={columns}
      searchText={searchText}
      isShown={isShown}
      picked={picked}
      tools={
        <>
          {scope !== '' && (
            <Button endIcon="close" help={text('clearFilter')} onClick={onWholeModel}>
              {text('inScope', visibleName(scope))}
            </Button>
          )}
          {features.measure && (
            <Button help={text('measureHelp')} onClick={() => wire.post({ type: 'measure' })}>
              {text(audit ? 'measureAgain' : 'measure')}
            </Button>
          )}
        </>
      }
      filter={filter}
      onFilter={changeFilter}
      onClear={() => {
        changeFilter('');
        onWholeModel();
      }}
      sort={sort}
      onSort={(next) => {
        setSort(next);
        remember({ sort: next });
      }}
      emptyText={text('noLayers')}
      toHost={(content) => wire.post({ type: 'copy', text: content })}
      sectionRef={props.sectionRef}
      {...(features.revealLayer && { onOpen: reveal })}
    />
  );
}

function searchText(layer: MeasuredLayer): string {
  return `${layer.name}\n${layer.kind}\n${layer.opType}\n${layer.scope}`;
}
