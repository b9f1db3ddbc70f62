/** The activity-bar container, its view, and what the view says while it is empty. */
import { type Texts } from './texts';

/** Id of the activity-bar container. */
const viewContainer = 'lapidary';

/** Id of the tree view of models. */
export const modelsView = 'lapidary.models';

/** Type of the result webview, for its restoration after a reload. */
export const resultView = 'lapidary.result';

/** Type of the webview panels that show sensitivities. */
export const sensitivityView = 'lapidary.sensitivity';

/** Type of the editor that shows the profile of a model. */
export const profileEditor = 'lapidary.profile';

/** Kinds of tree items, as `viewItem` in menus sees them. */
export const viewItems = {
  /** What every kind starts with. */
  any: 'lapidary\\.',
  model: 'lapidary.model',
  scope: 'lapidary.scope',
  layer: 'lapidary.layer',
  detail: 'lapidary.detail',
  problem: 'lapidary.problem',
  group: 'lapidary.group',
} as const;

/** `contributes.viewsContainers`, `views`, `viewsWelcome` and `customEditors`. */
export function viewContributions(texts: Texts): Readonly<Record<string, unknown>> {
  const title = texts.add('view.container', 'Lapidary');
  return {
    viewsContainers: { activitybar: [{ id: viewContainer, title, icon: 'media/activity.svg' }] },
    views: {
      [viewContainer]: [
        {
          id: modelsView,
          name: texts.add('view.models', 'Models'),
          icon: 'media/activity.svg',
          contextualTitle: title,
        },
      ],
    },
    customEditors: [
      {
        viewType: profileEditor,
        displayName: texts.add('editor.profile', 'Model Profile'),
        selector: [{ filenamePattern: '*.onnx' }],
        priority: 'default',
      },
    ],
    viewsWelcome: [
      {
        view: modelsView,
        when: 'workspaceFolderCount == 0',
        contents: texts.add(
          'welcome.noFolder',
          'Open a folder that holds ONNX models to see what each of their layers costs.\n[Open Folder](command:vscode.openFolder)\nOr choose one model to compress, wherever it is.\n[Quantize a Model…](command:lapidary.quantize)',
        ),
      },
      {
        view: modelsView,
        when: 'workspaceFolderCount > 0',
        contents: texts.add(
          'welcome.noModels',
          'There is no .onnx file in this workspace yet. Export one from your framework, or copy one here: it shows up by itself.\n[Look Again](command:lapidary.models.refresh)\nA model may also be elsewhere.\n[Quantize a Model…](command:lapidary.quantize)',
        ),
      },
    ],
  };
}
