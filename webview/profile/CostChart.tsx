/** The icicle chart: scopes above, what they hold below, as wide as they cost. One tab stop; arrow keys walk it. */
import { type VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatShare, formatWhole } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { text } from '../strings';
import { useWidth } from '../components/useWidth';
import { familyOf, formatMetric, type Metric } from './costs';
import { type CostNode } from './costTree';
import { type Block, icicle, neighbour } from './icicle';
import { type MeasuredLayer } from './measured';

/** What the chart needs to know. */
export interface CostChartProps {
  /** The scope in view. */
  readonly root: CostNode;
  readonly total: number;
  readonly metric: Metric;
  readonly onScope: (id: string) => void;
  readonly onBack: () => void;
  readonly onLayer: (layer: MeasuredLayer) => void;
}

/** Pixels; a chart of few rows has room for a second line, with the cost. */
const lowRow = 24;
const highRow = 44;
const fewRows = 3;
const leastWidth = 4;
/** Rows at once; deeper scopes show when one looks closer. */
const mostRows = 9;
/** Narrower blocks hold no words. */
const leastText = 40;

/** The chart. */
export function CostChart(props: CostChartProps): VNode {
  const { root, total, metric } = props;
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element);
  const blocks = useMemo(() => icicle(root, leastWidth / Math.max(width, 1), mostRows), [root, width]);
  const [current, setCurrent] = useState(0);
  useEffect(() => setCurrent(0), [root]);
  const at = Math.min(current, blocks.length - 1);
  const rows = blocks.reduce((most, { row }) => Math.max(most, row), 0) + 1;
  const rowHeight = rows <= fewRows ? highRow : lowRow;

  const open = (block: Block | undefined): void => {
    const node = block?.node ?? block?.rest?.parent;
    if (!node) return;
    if (node.layer) props.onLayer(node.layer);
    else if (node.id === root.id) props.onBack();
    else props.onScope(node.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = neighbour(blocks, at, event.key);
    if (event.key === 'Enter' || event.key === ' ') open(blocks[at]);
    else if (event.key === 'Escape' || event.key === 'Backspace') props.onBack();
    else if (next !== undefined) setCurrent(next);
    else if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
  };
  return (
    <div
      ref={element}
      class="chart"
      role="tree"
      tabIndex={0}
      aria-label={text('costs')}
      aria-description={text('costsHelp')}
      aria-orientation="horizontal"
      aria-activedescendant={`block-${at}`}
      style={{ height: `${rows * rowHeight}px` }}
      onKeyDown={onKeyDown}
    >
      {width > 0 &&
        blocks.map((block, index) => (
          <BlockCell
            key={block.id}
            id={`block-${index}`}
            {...{ block, total, metric, width, rowHeight }}
            isCurrent={index === at}
            onClick={() => {
              setCurrent(index);
              open(block);
            }}
          />
        ))}
    </div>
  );
}

interface BlockCellProps {
  readonly id: string;
  readonly block: Block;
  readonly total: number;
  readonly metric: Metric;
  /** Of the chart. */
  readonly width: number;
  readonly rowHeight: number;
  readonly isCurrent: boolean;
  readonly onClick: () => void;
}

/** A block at its place, with as many words as it has room for. */
function BlockCell({ id, block, total, metric, width, rowHeight, isCurrent, onClick }: BlockCellProps): VNode {
  const label = labelOf(block, total, metric);
  return (
    <div
      id={id}
      class={`block ${classOf(block)} ${isCurrent ? 'current' : ''}`}
      role="treeitem"
      aria-level={block.row + 1}
      aria-selected={isCurrent}
      title={label}
      style={{
        top: `${block.row * rowHeight}px`,
        left: `${block.left * 100}%`,
        width: `${block.width * 100}%`,
        height: `${rowHeight - 1}px`,
      }}
      onClick={onClick}
    >
      <span class="visually-hidden">{label}</span>
      {block.width * width >= leastText && (
        <>
          <span class="name" aria-hidden="true">
            <bdi dir="ltr">{nameOf(block)}</bdi>
          </span>
          {rowHeight === highRow && (
            <span class="block-cost" aria-hidden="true">
              {formatMetric(valueOf(block), metric)}
            </span>
          )}
        </>
      )}
    </div>
  );
}

function classOf({ node }: Block): string {
  if (!node) return 'block-rest';
  return node.layer ? `family-${familyOf(node.layer.opType)}` : 'block-scope';
}

function valueOf({ node, rest }: Block): number {
  return node?.value ?? rest?.value ?? 0;
}

function nameOf({ node, rest }: Block): string {
  if (node) return node.name === '' ? text('wholeModel') : visibleName(node.name);
  return text('blockRest', formatWhole(rest?.count ?? 0));
}

/** "blocks/0/attn/qkv (MatMul): 7.19 M, 4.11 % of the model". */
function labelOf(block: Block, total: number, metric: Metric): string {
  const { node } = block;
  const value = valueOf(block);
  const cost = formatMetric(value, metric);
  const share = formatShare(total > 0 ? value / total : 0);
  if (node?.layer) {
    const name = visibleName(node.layer.name || node.path);
    return text('blockLabelKind', name, visibleName(node.layer.kind), cost, share);
  }
  const name = node && node.path !== '' ? visibleName(node.path) : nameOf(block);
  return text('blockLabel', name, cost, share);
}
