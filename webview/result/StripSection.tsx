/** The whole result in one strip: a bar for each layer, in the order in which they run, before against after. */
import { type VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type LayerRow } from '../../src/report/layers';
import { visibleName } from '../../src/report/text';
import { Segmented } from '../components/Segmented';
import { text, type TextKey, words } from '../strings';
import { type StripBar, stripOf, type StripView, stripViews } from './strip';

/** Pixels of a bar at most: a few layers make a small chart, not large blocks. */
const widest = 72;

/** What the section needs to know. */
export interface StripSectionProps {
  readonly rows: readonly LayerRow[];
  /** What was looked at last. */
  readonly view: string;
  readonly onView: (view: StripView) => void;
  /** Shows a layer in the table. */
  readonly onLayer: (row: LayerRow) => void;
}

const titles: Readonly<Record<StripView, { readonly title: TextKey; readonly help: TextKey }>> = {
  kept: { title: 'stripKept', help: 'stripKeptHelp' },
  bytes: { title: 'stripBytes', help: 'stripPairHelp' },
  macs: { title: 'columnMacs', help: 'stripPairHelp' },
  latency: { title: 'columnLatency', help: 'stripPairHelp' },
  output: { title: 'stripOutput', help: 'stripOutputHelp' },
  alone: { title: 'stripAlone', help: 'stripAloneHelp' },
};

/** The section; nothing where the layers have nothing to show. */
export function StripSection({ rows, view, onView, onLayer }: StripSectionProps): VNode | null {
  const views = useMemo(() => stripViews(rows), [rows]);
  const [chosen, setChosen] = useState(view);
  const shown = views.find((each) => each === chosen) ?? views[0];
  const strip = useMemo(() => (shown ? stripOf(rows, shown, words()) : undefined), [rows, shown]);
  if (!shown || !strip) return null;
  const help = text(titles[shown].help);
  return (
    <section class="section strip" aria-labelledby="strip-title">
      <div class="section-bar">
        <h2 class="section-title" id="strip-title">
          {text('strip')} <span class="section-count">{help}</span>
        </h2>
        {views.length > 1 && (
          <Segmented
            name="strip"
            label={text('strip')}
            value={shown}
            options={views.map((value) => ({ value, title: text(titles[value].title) }))}
            onChange={(next) => {
              setChosen(next);
              onView(next);
            }}
          />
        )}
      </div>
      {/* The table below says the same in numbers, and can be reached by keyboard. */}
      <div
        class="strip-chart"
        role="img"
        aria-label={text('stripLabel', strip.bars.length, help)}
        style={{ maxWidth: `${strip.bars.length * widest}px` }}
      >
        <span class="strip-top quiet">{strip.top}</span>
        <div class="strip-bars" style={{ '--bars': strip.bars.length }}>
          {strip.bars.map((bar, index) => (
            <Bar key={index} bar={bar} onClick={() => bar.rows[0] && onLayer(bar.rows[0])} />
          ))}
        </div>
      </div>
      <p class="strip-ends quiet" aria-hidden="true" style={{ maxWidth: `${strip.bars.length * widest}px` }}>
        <span>{text('stripFirst')}</span>
        <span>{text('stripLast')}</span>
      </p>
    </section>
  );
}

function Bar({ bar, onClick }: { bar: StripBar; onClick: () => void }): VNode {
  const [first] = bar.rows;
  const name = visibleName(first?.name ?? '');
  const named = bar.rows.length > 1 ? text('groupOf', name, bar.rows.length - 1) : name;
  return (
    <span class={`strip-bar ${bar.isWorse ? 'is-worse' : ''}`} title={`${named}: ${bar.value}`} onClick={onClick}>
      {bar.before !== undefined && <span class="strip-before" style={{ height: percent(bar.before) }} />}
      <span class="strip-after" style={{ height: percent(bar.after) }} />
    </span>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
