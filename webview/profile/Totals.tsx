/** Four totals: the file, its parameters, the work of one run, the memory of one run. */
import { type VNode } from 'preact';
import { type ReportHead } from '../../src/protocol/report';
import { elementTypeText } from '../../src/report/elementType';
import { formatBytes, formatCost, formatCount, formatWhole } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { text, words } from '../strings';

interface Total {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  readonly details: readonly string[];
}

/** Polynomials can be endless: longer ones end in an ellipsis and show in full on hover. */
const longDetail = 60;

/** The figures; pale while they are calculated anew, and read out when they have changed. */
export function Totals({ report, isBusy }: { report: ReportHead; isBusy: boolean }): VNode {
  const totals = totalsOf(report);
  return (
    <section class={`totals ${isBusy ? 'is-busy' : ''}`} aria-label={text('totals')}>
      <div class="figures">
        {totals.map(({ id, title, value, details }) => (
          <article key={id} class="figure" data-total={id}>
            <h2 class="figure-title">{title}</h2>
            <p class={`figure-value ${value.length > 22 ? 'long' : ''}`}>{value}</p>
            <ul class="figure-details">
              {details.map((detail) => (
                <li key={detail} class={detail.length > longDetail ? 'clipped' : ''} title={detail}>
                  {detail}
                </li>
              ))}
            </ul>
          </article>
        ))}
      </div>
      <p class="visually-hidden" role="status">
        {isBusy ? text('recalculating') : totals.map(({ title, value }) => `${title}: ${value}`).join(', ')}
      </p>
    </section>
  );
}

function totalsOf({ model, symbols }: ReportHead): Total[] {
  const isOpen = symbols.some(({ bound, source }) => !bound && (source === undefined || source === 'input'));
  const assumed = isOpen ? [text('assumedOnes')] : [];
  const { parameters, weightBytes, weightTypes, externalFiles, macs, macsExpression, flops } = model;
  return [
    {
      id: 'file',
      title: text('file'),
      value: formatBytes(model.fileBytes),
      details: [text('weightsTotal', formatBytes(weightBytes)), ...externalDetail(externalFiles)],
    },
    { id: 'parameters', title: text('parameters'), value: formatCount(parameters), details: typesDetail(weightTypes) },
    {
      id: 'macs',
      title: text('columnMacs'),
      value: macs === null ? words().unknownCost : formatCost(macs),
      details: [
        ...assumed,
        ...(flops === null ? [] : [text('flopsTotal', formatCost(flops))]),
        ...(macsExpression === undefined || macsExpression === macs
          ? []
          : [visibleName(macsExpression).replaceAll('*', ' × ')]),
      ],
    },
    {
      id: 'activations',
      title: text('peakActivations'),
      value: formatCost(model.peakActivationBytes, 'B'),
      details: [...assumed, text('estimated')],
    },
  ];
}

function externalDetail(files: readonly string[]): string[] {
  const [first] = files;
  if (first === undefined) return [];
  return [
    files.length === 1
      ? text('externalData', visibleName(first))
      : text('externalDataFiles', formatWhole(files.length)),
  ];
}

/** In which types the weights are stored; what is rarer than one in a hundred is not worth a word. */
function typesDetail(elements: ReportHead['model']['weightTypes']): string[] {
  const sorted = Object.entries(elements).sort(([, a], [, b]) => b - a);
  const all = sorted.reduce((sum, [, count]) => sum + count, 0);
  const common = sorted.filter(([, count]) => count >= all / 100);
  return common.length === 0
    ? []
    : [text('storedAs', common.map(([type]) => visibleName(elementTypeText(type))).join(', '))];
}
