/** The generated parts of package.json: everything that VS Code must know before the extension runs. */
import { commandContributions } from './commands';
import { languageContributions } from './languages';
import { menuContributions } from './menus';
import { recipeFileMatch, recipeSchemaPath } from './recipeSchema';
import { settingContributions } from './settings';
import { taskContributions, taskType } from './tasks';
import { Texts } from './texts';
import { toolContributions } from './tools';
import { walkthroughContributions } from './walkthrough';
import { keybindingContributions } from './keybindings';
import { resultView, sensitivityView, viewContributions } from './views';

/** Keys of package.json that are generated, with the texts that go to package.nls.json. */
export interface Manifest {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** Builds the manifest out of the pass declarations and what is written by hand in this folder. */
export function buildManifest(): Manifest {
  const texts = new Texts();
  const fields = {
    l10n: './l10n',
    // Commands and views wake the extension by themselves; restored result pages have to be named.
    activationEvents: [
      'onLanguage:python',
      ...[resultView, sensitivityView].map((view) => `onWebviewPanel:${view}`),
      `onTaskType:${taskType}`,
      // The lens in recipes: their language is JSON, which must not wake the extension wherever it is.
      `workspaceContains:**/${recipeFileMatch}`,
      // A model that was opened before VS Code knew of the profile does not turn into one by itself.
      'workspaceContains:**/*.onnx',
    ],
    capabilities: {
      untrustedWorkspaces: {
        supported: 'limited',
        description: texts.add(
          'trust',
          'Models are shown, but neither run nor written, until you trust the workspace.',
        ),
        restrictedConfigurations: ['lapidary.worker.nodePath'],
      },
      virtualWorkspaces: {
        supported: false,
        description: texts.add('virtual', 'Lapidary reads model files from disk and runs them with a native runtime.'),
      },
    },
    contributes: {
      ...viewContributions(texts),
      ...languageContributions(texts),
      commands: commandContributions(texts),
      menus: menuContributions(),
      configuration: settingContributions(texts),
      taskDefinitions: taskContributions(texts),
      walkthroughs: walkthroughContributions(texts),
      keybindings: keybindingContributions(),
      languageModelTools: toolContributions(texts),
      jsonValidation: [
        { fileMatch: recipeFileMatch, url: `./${recipeSchemaPath}` },
        // Written by src/data/description.test.ts, which keeps it equal to what the engine accepts.
        { fileMatch: '*.data.json', url: './schemas/data.schema.json' },
      ],
    },
  };
  return { fields, texts: texts.toJson() };
}

/** package.json with its generated keys replaced; keys and their order are otherwise kept. */
export function applyManifest(packageJson: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...packageJson, ...buildManifest().fields };
}
