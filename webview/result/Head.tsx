/** Which model this is, what was done in one sentence, and what can be done next. */
import { type VNode } from 'preact';
import { type CompareReport, type CompressReport } from '../../src/protocol/report';
import { type ExportFormat, type ResultFeatures, type ResultState } from '../../src/protocol/webview';
import { formatSeconds } from '../../src/report/format';
import { int8Text } from '../../src/report/runsAs';
import { visibleName } from '../../src/report/text';
import { Button } from '../components/Button';
import { Menu } from '../components/Menu';
import { fileName, FileTitle } from '../components/Name';
import { Notice } from '../components/Notice';
import { Warnings } from '../components/Warnings';
import { text, words } from '../strings';
import { type ResultWire } from './state';

/** The top of the page. */
export function Head({
  state,
  features,
  wire,
}: {
  state: ResultState;
  features: ResultFeatures;
  wire: ResultWire;
}): VNode {
  const path = state.kind === 'compress' ? state.report.output : state.report.b;
  return (
    <header class="head">
      <FileTitle path={path} />
      <div class="head-text">
        {state.kind === 'compress' ? <CompressHead report={state.report} /> : <CompareHead report={state.report} />}
      </div>
      <Actions state={state} features={features} wire={wire} path={path} />
    </header>
  );
}

function CompressHead({ report }: { report: CompressReport }): VNode {
  const { passes, input, evaluation, seconds } = report;
  const isNothing = passes.every((pass) => pass.changed.length === 0);
  const notes = passes.flatMap((pass) => pass.notes);
  return (
    <>
      <div class="head-sentence">
        {isNothing && <strong>{text('nothingChanged')} </strong>}
        {passes.length === 1 ? (
          [sentence(passes[0]), ...int8Sentence(evaluation)].join(' · ')
        ) : (
          <ol>
            {passes.map((pass) => (
              <li key={pass.id}>{sentence(pass)}</li>
            ))}
          </ol>
        )}
      </div>
      <p class="head-source quiet" title={visibleName(input)}>
        {[
          ...(passes.length > 1 ? int8Sentence(evaluation) : []),
          text('madeFrom', visibleName(fileName(input))),
          text('tookTime', formatSeconds(seconds)),
        ].join(' · ')}
      </p>
      {notes.map((note, index) => (
        <Notice key={index} kind="note">
          {note}
        </Notice>
      ))}
      <Warnings warnings={evaluation?.warnings ?? []} />
    </>
  );
}

function sentence(pass: CompressReport['passes'][number] | undefined): string {
  if (!pass) return '';
  return pass.summary === '' ? pass.title : `${pass.title} · ${pass.summary}`;
}

/** How much of the model runs in int8, where that was looked at. */
function int8Sentence(evaluation: CompareReport | undefined): string[] {
  const said = evaluation && int8Text(evaluation, words());
  return said === undefined ? [] : [said];
}

function CompareHead({ report }: { report: CompareReport }): VNode {
  return (
    <>
      <p class="head-sentence">
        {[text('comparedWith', visibleName(fileName(report.a))), ...int8Sentence(report)].join(' · ')}
      </p>
      <Warnings warnings={report.warnings} />
    </>
  );
}

function Actions(props: { state: ResultState; features: ResultFeatures; wire: ResultWire; path: string }): VNode {
  const { state, features, wire, path } = props;
  const exports: readonly ExportFormat[] = features.exports ?? ['html', 'markdown', 'csv', 'json'];
  const titles: Record<ExportFormat, string> = {
    html: text('exportHtml'),
    markdown: text('exportMarkdown'),
    csv: text('exportCsv'),
    json: text('exportJson'),
  };
  return (
    <div class="actions">
      {(features.reveal ?? true) && (
        <Button icon="reveal" help={text('revealHelp')} onClick={() => wire.post({ type: 'reveal', path })}>
          {text('reveal')}
        </Button>
      )}
      {(features.compareOutputs ?? state.kind === 'compress') && (
        <Button icon="compare" help={text('compareOutputsHelp')} onClick={() => wire.post({ type: 'compareOutputs' })}>
          {text('compareOutputs')}
        </Button>
      )}
      {(features.sensitivity ?? false) && (
        <Button icon="curve" help={text('sensitivityHelp')} onClick={() => wire.post({ type: 'measureSensitivity' })}>
          {text(state.kind === 'compress' && state.sensitivity ? 'sensitivityAgain' : 'sensitivity')}
        </Button>
      )}
      {(features.saveRecipe ?? false) && (
        <Button icon="save" help={text('saveRecipeHelp')} onClick={() => wire.post({ type: 'saveRecipe' })}>
          {text('saveRecipe')}
        </Button>
      )}
      {exports.length > 0 && (
        <Menu
          icon="export"
          title={text('export')}
          help={text('exportHelp')}
          items={exports.map((format) => ({
            id: format,
            title: titles[format],
            act: () => wire.post({ type: 'export', format }),
          }))}
        />
      )}
    </div>
  );
}
