/** Which model this is, what was tried in one sentence, and what can be done next. */
import { type VNode } from 'preact';
import { type SensitivityReport } from '../../src/protocol/sensitivity';
import { formatDecibels, formatSeconds, formatShare } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Button } from '../components/Button';
import { fileName, Name } from '../components/Name';
import { Notice } from '../components/Notice';
import { text } from '../strings';
import { type SensitivityWire } from './state';

/** The top of the page. */
export function Head({ report, wire }: { report: SensitivityReport; wire: SensitivityWire }): VNode {
  const { path, samples, data, random, notes, seconds } = report;
  const name = visibleName(fileName(path));
  return (
    <header class="head">
      <div class="head-line">
        <h1 title={visibleName(path)}>{name}</h1>
        <div class="actions">
          <Button help={text('compressHelp')} onClick={() => wire.post({ type: 'compress' })}>
            {text(report.of === 'prune' ? 'pruneNext' : 'quantizeNext')}
          </Button>
        </div>
      </div>
      <p class="head-sentence">{sentence(report)}</p>
      <p class="head-source quiet">
        {[text('measuredOn', samples, visibleName(data)), text('tookTime', formatSeconds(seconds))].join(' · ')}
      </p>
      {random && <Notice kind="warning">{text('randomOrder')}</Notice>}
      {!random &&
        notes.map((note, index) => (
          <Notice key={index} kind="note">
            {visibleName(note)}
          </Notice>
        ))}
      {report.of === 'prune' && report.leftOut.length > 0 && <LeftOut report={report} />}
    </header>
  );
}

function sentence(report: SensitivityReport): string {
  if (report.of === 'int8') return text('int8Sentence', report.layers.length, formatDecibels(report.allDb));
  const { curves, criterion, accuracy } = report;
  const said = text('pruneSentence', curves.length, criterion);
  return accuracy === undefined ? said : `${said} ${text('wholeTopOne', formatShare(accuracy))}`;
}

/** Groups that were not measured, by reason. */
function LeftOut({ report }: { report: Extract<SensitivityReport, { of: 'prune' }> }): VNode {
  const byReason = new Map<string, string[]>();
  for (const { nodes, reason } of report.leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), ...nodes]);
  return (
    <details class="left-out">
      <summary>{text('leftOutGroups', report.leftOut.length)}</summary>
      {[...byReason].map(([reason, nodes]) => (
        <div key={reason}>
          <p>{visibleName(reason)}</p>
          <ul class="quiet">
            {nodes.map((node) => (
              <li key={node}>
                <Name value={node} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </details>
  );
}
