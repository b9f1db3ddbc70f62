/** What was left alone and why: one line per reason, its layers on demand. */
import { type VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatWhole } from '../../src/report/format';
import { type SkippedGroup } from '../../src/report/skipped';
import { visibleName } from '../../src/report/text';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { Name } from '../components/Name';
import { phrase } from '../components/table/filter';
import { text } from '../strings';

/** What the section needs to know. */
export interface LeftAloneProps {
  readonly groups: readonly SkippedGroup[];
  /** Layers of the model. */
  readonly total: number;
  /** Several passes ran: each reason names its own. */
  readonly namesPasses: boolean;
  /** Reasons that are open at first. */
  readonly open: readonly string[];
  readonly onOpen: (reasons: readonly string[]) => void;
  /** Shows the layers of one reason in the table. */
  readonly onShow: (filter: string) => void;
}

/** Reasons listed at first; names listed of one reason. The table below shows all of them. */
const firstReasons = 6;
const firstNames = 60;

/** The section. */
export function LeftAlone({ groups, total, namesPasses, open, onOpen, onShow }: LeftAloneProps): VNode {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set(open));
  const [showsAll, setShowsAll] = useState(groups.length <= firstReasons + 1);
  const layers = new Set(groups.flatMap((group) => group.layers.map(({ node }) => node)));
  const countWidth = Math.max(...groups.map((group) => countText(group).length));
  const toggle = (key: string, isOpen: boolean): void => {
    if (opened.has(key) === isOpen) return;
    const next = new Set(opened);
    if (isOpen) next.add(key);
    else next.delete(key);
    setOpened(next);
    onOpen([...next]);
  };
  return (
    <section class="section left-alone" aria-labelledby="left-alone-title">
      <h2 class="section-title" id="left-alone-title">
        {text('leftAlone')}{' '}
        <span class="section-count">
          {text('leftAloneCount', formatWhole(layers.size), formatWhole(Math.max(total, layers.size)))}
        </span>
      </h2>
      {(showsAll ? groups : groups.slice(0, firstReasons)).map((group) => {
        const key = `${group.pass}: ${group.reason}`;
        return (
          <Reason
            key={key}
            group={group}
            namesPass={namesPasses}
            countWidth={countWidth}
            isOpen={opened.has(key)}
            onToggle={(isOpen) => toggle(key, isOpen)}
            onShow={onShow}
          />
        );
      })}
      {!showsAll && (
        <Button onClick={() => setShowsAll(true)}>{text('showAllReasons', formatWhole(groups.length))}</Button>
      )}
    </section>
  );
}

function Reason(props: {
  group: SkippedGroup;
  namesPass: boolean;
  /** In characters: counts stand in a column. */
  countWidth: number;
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
  onShow: (filter: string) => void;
}): VNode {
  const { group, namesPass, countWidth, isOpen, onToggle, onShow } = props;
  const { layers } = group;
  return (
    <details class="reason" open={isOpen} onToggle={(event) => onToggle(event.currentTarget.open)}>
      <summary>
        <Icon name="right" />
        <span class="reason-count" style={{ minWidth: `${countWidth}ch` }}>
          {countText(group)}
        </span>
        <span class="reason-text">
          {namesPass && <span class="quiet">{group.pass}: </span>}
          {visibleName(group.reason)}
        </span>
        <span class="reason-kinds quiet">{kindsOf(group)}</span>
      </summary>
      {isOpen && (
        <div class="reason-body">
          <ul class="reason-names">
            {layers.slice(0, firstNames).map(({ node }, index) => (
              <li key={index}>
                <Name value={node} />
              </li>
            ))}
            {layers.length > firstNames && (
              <li class="quiet">{text('moreLayers', formatWhole(layers.length - firstNames))}</li>
            )}
          </ul>
          <Button icon="filter" onClick={() => onShow(phrase(group.common))}>
            {text('showInTable')}
          </Button>
        </div>
      )}
    </details>
  );
}

function countText({ layers }: SkippedGroup): string {
  return layers.length === 1 ? text('leftAloneLayer') : text('leftAloneLayers', formatWhole(layers.length));
}

/** "Conv 12, Gemm 1". */
function kindsOf({ layers }: SkippedGroup): string {
  const counts = new Map<string, number>();
  for (const { opType } of layers) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 3).map(([kind, count]) => `${visibleName(kind)} ${formatWhole(count)}`);
  return [...shown, ...(sorted.length > 3 ? ['…'] : [])].join(', ');
}
