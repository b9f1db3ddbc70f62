/** Which model this is, where it comes from, what can be done with it, and what is odd about it. */
import { type VNode } from 'preact';
import { type ReportHead } from '../../src/protocol/report';
import { type ProfileFeatures } from '../../src/protocol/webview';
import { formatWhole } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Button } from '../components/Button';
import { FileTitle } from '../components/Name';
import { Warnings } from '../components/Warnings';
import { text } from '../strings';
import { type ProfileWire } from './state';

/** The top of the page. */
export function Head(props: { report: ReportHead; features: ProfileFeatures; wire: ProfileWire }): VNode {
  const { report, features, wire } = props;
  const { model } = report;
  return (
    <header class="head">
      <FileTitle path={model.path} />
      <div class="head-text">
        <p class="head-source quiet">{originOf(report)}</p>
        <Warnings warnings={report.warnings} />
      </div>
      <div class="actions">
        {features.actions?.map(({ id, title }, index) => (
          <Button
            key={id}
            look={index === 0 ? 'primary' : 'secondary'}
            onClick={() => wire.post({ type: 'act', action: id })}
          >
            {title}
          </Button>
        ))}
        {features.openText && (
          <Button help={text('openTextHelp')} onClick={() => wire.post({ type: 'openText' })}>
            {text('openText')}
          </Button>
        )}
      </div>
    </header>
  );
}

function originOf({ model }: ReportHead): string {
  const opsets = Object.entries(model.opsets).map(([domain, version]) =>
    domain === '' ? text('opset', version) : text('opsetOf', visibleName(domain), version),
  );
  return [
    text('layersCount', formatWhole(model.layerCount)),
    ...(model.producer === '' ? [] : [text('producedBy', visibleName(model.producer))]),
    ...opsets,
    text('irVersion', model.irVersion),
  ].join(' · ');
}
