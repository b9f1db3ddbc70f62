/** Which model this is, what was tried in one sentence, and what can be done next. */
import { type VNode } from 'preact';
import { type CurveSensitivity, type SensitivityReport } from '../../src/protocol/sensitivity';
import { formatDecibels, formatSeconds, formatShare } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Button } from '../components/Button';
import { FileTitle, Name } from '../components/Name';
import { Notice } from '../components/Notice';
import { text } from '../strings';
import { type SensitivityWire } from './state';

/** The top of the page. */
export function Head({ report, wire }: { report: SensitivityReport; wire: SensitivityWire }): VNode {
  const { path, samples, data, random, notes, seconds } = report;
  return (
    <header class="head">
      <FileTitle path={path} />
      <div class="head-text">
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
        {report.of !== 'int8' && report.leftOut.length > 0 && <LeftOut report={report} />}
      </div>
      <div class="actions">
        <Button help={text('compressHelp')} onClick={() => wire.post({ type: 'compress' })}>
          {text(nextTexts[report.of])}
        </Button>
      </div>
    </header>
  );
}

const nextTexts = { prune: 'pruneNext', factorize: 'factorizeNext', int8: 'quantizeNext' } as const;

function sentence(report: SensitivityReport): string {
  if (report.of === 'int8') return text('int8Sentence', report.layers.length, formatDecibels(report.allDb));
  const { curves, criterion, accuracy } = report;
  const said =
    report.of === 'prune' ? text('pruneSentence', curves.length, criterion) : text('rankSentence', curves.length);
  return accuracy === undefined ? said : `${said} ${text('wholeTopOne', formatShare(accuracy))}`;
}

/** Groups that were not measured, by reason. */
function LeftOut({ report }: { report: CurveSensitivity }): VNode {
  const byReason = new Map<string, string[]>();
  for (const { nodes, reason } of report.leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), ...nodes]);
  return (
    <details class="left-out">
      <summary>{text(report.of === 'prune' ? 'leftOutGroups' : 'leftOutLayers', report.leftOut.length)}</summary>
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
