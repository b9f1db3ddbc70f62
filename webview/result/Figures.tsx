/** The four figures: what was, what is, how much that is, and bars on one scale; then what explains it. */
import { type VNode } from 'preact';
import { type Figure, figuresOf, type Measurements } from '../../src/report/figures';
import { Bars } from '../components/Bars';
import { Change } from '../components/Change';
import { Notice } from '../components/Notice';
import { text, words } from '../strings';

/** Figures of a report; `skipped` says why outputs and latency were not measured. */
export function Figures({ measured, skipped }: { measured: Measurements; skipped: string | undefined }): VNode {
  const figures = figuresOf(measured, words());
  const shown = skipped === undefined ? figures : figures.filter((figure) => figure.measured);
  return (
    <section class="figures-section" aria-label={text('figures')}>
      <div class={`figures figures-${shown.length}`}>
        {shown.map((figure) => (
          <FigureView key={figure.id} figure={figure} />
        ))}
      </div>
      {skipped !== undefined && <Notice kind="note">{text('notCompared', skipped)}</Notice>}
      <p class="legend" aria-hidden="true">
        <span class="bar bar-before">
          <span class="bar-fill" />
        </span>
        {text('before')}
        <span class="bar bar-after">
          <span class="bar-fill" />
        </span>
        {text('after')}
      </p>
    </section>
  );
}

function FigureView({ figure }: { figure: Figure }): VNode {
  const { id, title, value, change, bars, details, measured } = figure;
  return (
    <article class="figure" data-figure={id}>
      <h2 class="figure-title">{title}</h2>
      <p class={`figure-value ${measured ? '' : 'quiet'} ${value.length > 22 ? 'long' : ''}`} title={value}>
        <BeforeAfter value={value} />
      </p>
      <p class="figure-change">{change && <Change {...change} />}</p>
      <div class="figure-bars">{bars && <Bars {...bars} />}</div>
      <ul class="figure-details">
        {details.map((detail) => (
          <li key={detail}>{detail}</li>
        ))}
      </ul>
    </article>
  );
}

/** The new number stands out; the old one is there to compare. */
function BeforeAfter({ value }: { value: string }): VNode {
  const [before, after] = value.split(' → ');
  if (after === undefined) return <>{value}</>;
  return (
    <>
      <span class="old">{before} → </span>
      {after}
    </>
  );
}
