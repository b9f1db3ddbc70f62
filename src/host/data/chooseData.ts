/** Asks which data the models are run on. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type DataSpec } from '../../protocol/jobs';
import { plainLabel } from '../text/plain';
import { type Answer, pickOne, type PickItem } from '../wizard/prompts';
import { type Place } from '../wizard/steps';

/** What was chosen: a data set, typed random inputs, or not to run anything. */
export type DataChoice = DataSpec | 'random' | 'none';

type Choice =
  { readonly kind: 'random' | 'none' | 'folder' | 'files' } | { readonly kind: 'spec'; readonly spec: DataSpec };

const fileTypes = ['npy', 'npz', 'csv', 'json', 'wav'];

/** "random inputs", "images", "test.data.json", "3 files". */
export function dataText(data: DataChoice): string {
  if (data === 'none') return vscode.l10n.t('nothing: sizes and costs only');
  if (data === 'random' || data.source === 'random') return vscode.l10n.t('random inputs');
  if (typeof data.source === 'string') return path.basename(data.source);
  const [first = ''] = data.source;
  return data.source.length === 1 ? path.basename(first) : vscode.l10n.t('{0} files', data.source.length);
}

/** Asks for data. `offer` says what may be chosen besides data sets. */
export async function chooseData(options: {
  readonly title: string;
  readonly place: Place;
  /** What the data is for; for comparing two models unless said otherwise. */
  readonly placeholder?: string;
  readonly current: DataChoice;
  readonly offer: readonly ('random' | 'none')[];
}): Promise<Answer<DataChoice>> {
  const { title, place, current, offer, placeholder = vscode.l10n.t('What both models are run on') } = options;
  const descriptions = await vscode.workspace.findFiles('**/*.data.json', '**/node_modules/**', 50);
  for (;;) {
    const items = choices(descriptions, current, offer);
    const answer = await pickOne({ title, place, placeholder, items, active: (choice) => isCurrent(choice, current) });
    if (answer.outcome !== 'next') return answer;
    const data = await resolve(answer.value);
    // A dialog that was closed leads back to the list.
    if (data) return { outcome: 'next', value: data };
  }
}

function choices(
  descriptions: readonly vscode.Uri[],
  current: DataChoice,
  offer: readonly string[],
): PickItem<Choice>[] {
  const { t } = vscode.l10n;
  const random: PickItem<Choice> = {
    label: `$(beaker) ${t('Random inputs')}`,
    detail: t('Shows how far the outputs drift apart, but not what that means for real data'),
    value: { kind: 'random' },
  };
  const none: PickItem<Choice> = {
    label: `$(circle-slash) ${t('No comparison')}`,
    detail: t('Nothing is run: only sizes and computed costs are shown'),
    value: { kind: 'none' },
  };
  const known =
    typeof current !== 'string' && !descriptions.some(({ fsPath }) => fsPath === current.source) ? [current] : [];
  const sets = [...descriptions.map(({ fsPath }): DataSpec => ({ source: fsPath })), ...known];
  return [
    ...(offer.includes('random') ? [random] : []),
    ...sets.map((spec): PickItem<Choice> => ({
      label: `$(database) ${plainLabel(dataText(spec))}`,
      description: plainLabel(placeText(spec)),
      value: { kind: 'spec', spec },
    })),
    {
      label: `$(folder-opened) ${t('Folder of images…')}`,
      detail: t('JPEG and PNG files, prepared as the model input asks unless a *.data.json says how'),
      value: { kind: 'folder' },
    },
    {
      label: `$(file) ${t('Data files…')}`,
      detail: t('.npy, .npz, .csv, .json or .wav files, or a *.data.json that describes a data set with its labels'),
      value: { kind: 'files' },
    },
    ...(offer.includes('none') ? [none] : []),
  ];
}

function placeText({ source }: DataSpec): string {
  const [first] = typeof source === 'string' ? [source] : source;
  return first === undefined ? '' : vscode.workspace.asRelativePath(path.dirname(first));
}

function isCurrent(choice: Choice, current: DataChoice): boolean {
  if (choice.kind === 'random' || choice.kind === 'none') return current === choice.kind;
  return choice.kind === 'spec' && typeof current !== 'string' && choice.spec.source === current.source;
}

async function resolve(choice: Choice): Promise<DataChoice | undefined> {
  switch (choice.kind) {
    case 'random':
    case 'none':
      return choice.kind;
    case 'spec':
      return choice.spec;
    case 'folder': {
      const [folder] =
        (await vscode.window.showOpenDialog({
          title: vscode.l10n.t('Folder of Images'),
          openLabel: vscode.l10n.t('Use This Folder'),
          canSelectFiles: false,
          canSelectFolders: true,
        })) ?? [];
      return folder && { source: folder.fsPath };
    }
    case 'files': {
      const files = await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Data Files'),
        openLabel: vscode.l10n.t('Use These Files'),
        canSelectMany: true,
        filters: { [vscode.l10n.t('Data')]: fileTypes },
      });
      if (!files || files.length === 0) return undefined;
      const paths = files.map(({ fsPath }) => fsPath);
      const [only] = paths;
      return { source: paths.length === 1 && only !== undefined ? only : paths };
    }
  }
}
