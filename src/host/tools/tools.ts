/** Language-model tools: an agent in the editor inspects, compresses and compares models; writing asks first. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type ToolName } from '../../manifest/tools';
import { LapidaryError } from '../../protocol/errors';
import { type CompressRequest } from '../../protocol/jobs';
import { reportMarkdown } from '../../report/markdown';
import { type Compressions } from '../compress/runCompression';
import { outputName } from '../compress/outputName';
import { errorText } from '../errors/errorText';
import { evaluateRequest } from '../settings';
import { type Inspector, type JobRunner } from '../worker/jobRunner';
import { inspectText } from './inspectText';
import { dataField, dimsField, fieldsOf, pathField, stepsField } from './input';

/** What the tools work with. */
export interface ToolServices {
  readonly inspector: Inspector;
  readonly jobs: JobRunner;
  readonly compressions: Pick<Compressions, 'run'>;
}

/** Layers that a report to a model lists: it pays for every line. */
const mostLayers = 20;

/** Registers all tools. */
export function registerTools(services: ToolServices): vscode.Disposable {
  const tools: Readonly<Record<ToolName, vscode.LanguageModelTool<object>>> = {
    lapidary_inspect: inspectTool(services),
    lapidary_compress: compressTool(services),
    lapidary_compare: compareTool(services),
  };
  return vscode.Disposable.from(...Object.entries(tools).map(([name, tool]) => vscode.lm.registerTool(name, tool)));
}

function inspectTool({ inspector }: ToolServices): vscode.LanguageModelTool<object> {
  return {
    prepareInvocation: ({ input }) => ({ invocationMessage: vscode.l10n.t('Inspecting {0}', nameIn(input, 'model')) }),
    invoke: ({ input }, token) =>
      answer(async () => {
        const fields = fieldsOf(input);
        const dims = dimsField(fields);
        const request = { path: pathField(fields, 'model', folder()), ...(dims && { dims }) };
        const report = await inspector.read('inspect', request, { signal: signalOf(token) });
        const { layers } = fields;
        return inspectText(report, typeof layers === 'number' ? layers : mostLayers);
      }),
  };
}

/** Compresses. What a person confirms before it runs names the passes, the model and the file that will be written. */
export function compressTool({ compressions }: Pick<ToolServices, 'compressions'>): vscode.LanguageModelTool<object> {
  return {
    prepareInvocation: ({ input }) => {
      const { input: model, output, steps } = compressRequest(input);
      const passes = steps.map(({ pass }) => pass).join(', ');
      return {
        invocationMessage: vscode.l10n.t('Compressing {0}', path.basename(model)),
        confirmationMessages: {
          title: vscode.l10n.t('Compress {0}', path.basename(model)),
          message: new vscode.MarkdownString().appendText(
            vscode.l10n.t('Run {0} on {1} and write {2}? The model itself is not changed.', passes, model, output),
          ),
        },
      };
    },
    invoke: ({ input }, token) =>
      answer(async () => {
        trusted();
        const report = await compressions.run(vscode.l10n.t('Compressing'), compressRequest(input), token);
        return reportMarkdown({ kind: 'compress', report });
      }),
  };
}

function compareTool({ jobs }: ToolServices): vscode.LanguageModelTool<object> {
  return {
    prepareInvocation: ({ input }) => ({
      invocationMessage: vscode.l10n.t('Comparing {0} with {1}', nameIn(input, 'before'), nameIn(input, 'after')),
    }),
    invoke: ({ input }, token) =>
      answer(async () => {
        trusted();
        const fields = fieldsOf(input);
        const [dims, data] = [dimsField(fields), dataField(fields, folder())];
        const request = {
          a: pathField(fields, 'before', folder()),
          b: pathField(fields, 'after', folder()),
          ...(dims && { dims }),
          ...evaluateRequest(data ?? 'random'),
        };
        const report = await jobs.run('compare', request, { signal: signalOf(token) });
        return reportMarkdown({ kind: 'compare', report });
      }),
  };
}

/** The request of the compress tool; throws `usage` when the input does not say what to do. */
function compressRequest(input: object): CompressRequest {
  const fields = fieldsOf(input);
  const model = pathField(fields, 'model', folder());
  const { steps, suffix } = stepsField(fields);
  const [dims, data] = [dimsField(fields), dataField(fields, folder())];
  const beside = path.join(path.dirname(model), outputName(path.basename(model), suffix));
  return {
    input: model,
    output: fields.output === undefined ? beside : pathField(fields, 'output', folder()),
    overwrite: false,
    steps,
    ...(dims && { dims }),
    ...(data && { data }),
    evaluate: evaluateRequest(data ?? 'random'),
  };
}

/** What went wrong is said to the model with what to do about it, so that it can try otherwise. */
async function answer(work: () => Promise<string>): Promise<vscode.LanguageModelToolResult> {
  try {
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(await work())]);
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    if (error.code === 'cancelled') throw new vscode.CancellationError();
    throw new Error(errorText(error, vscode.l10n.t), { cause: thrown });
  }
}

function trusted(): void {
  if (vscode.workspace.isTrusted) return;
  throw new LapidaryError('unsupported', 'Models are run and written only in a workspace that the person trusts.');
}

const folder = (): string | undefined => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;

function nameIn(input: object, field: string): string {
  const value = fieldsOf(input)[field];
  return typeof value === 'string' ? path.basename(value) : '';
}

function signalOf(token: vscode.CancellationToken): AbortSignal {
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
