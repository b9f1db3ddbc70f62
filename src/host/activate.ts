/** The entry: has the features made, and gives each command its handler. */
import * as vscode from 'vscode';
import { LapidaryError } from '../protocol/errors';
import { type Handlers, registerCommands } from './commands';
import { showError } from './errors/showError';
import { type Features, makeFeatures } from './features';
import { layerHandlers } from './models/layerCommands';
import { modelsViewHandlers } from './models/modelsView';
import { type ModelTree } from './models/modelTree';
import { reopenAsProfiles } from './models/reopen';
import { linkPython } from './python/linkCommand';
import { revealSource } from './python/revealSource';
import { openRecentResult } from './result/openResult';
import { chooseAction, openWalkthrough } from './welcome/actions';

/** What other code in the extension host may use: the tests do. */
export interface LapidaryApi {
  readonly models: ModelTree;
  /** How long `activate` took, milliseconds. */
  readonly activationMs: number;
  /** Told of everything that went wrong in a command, cancels included. */
  readonly onDidFail: vscode.Event<LapidaryError>;
}

/** Called by VS Code once, when something of ours is first needed. */
export function activate(context: vscode.ExtensionContext): LapidaryApi {
  const started = performance.now();
  const log = vscode.window.createOutputChannel('Lapidary', { log: true });
  const failures = new vscode.EventEmitter<LapidaryError>();
  const failed = (thrown: unknown): void => {
    const error = LapidaryError.from(thrown);
    failures.fire(error);
    void showError(error, log);
  };
  const features = makeFeatures({ context, log, failed });
  const commands = registerCommands(handlersOf(features, context, log), failed);
  context.subscriptions.push(log, failures, ...features.owned, commands);
  void reopenAsProfiles(context.globalState).then(undefined, failed);
  // Set by `npm start`, for whoever sees the extension for the first time.
  if (process.env.LAPIDARY_WALKTHROUGH === '1') void openWalkthrough(context.extension.id);
  return { models: features.tree, onDidFail: failures.event, activationMs: performance.now() - started };
}

function handlersOf(features: Features, { extension }: vscode.ExtensionContext, log: vscode.OutputChannel): Handlers {
  const { files, texts, exclusions, groups, profiles, sources, comparer, analyser, links, hints } = features;
  const { tree, inspections, dimensions, audits, recipes, diagnostics, store, results, compressor } = features;
  return {
    own: {
      'lapidary.actions': (model) => chooseAction(files, model),
      'lapidary.openWalkthrough': () => openWalkthrough(extension.id),
      ...layerHandlers({
        ...{ texts, exclusions, groups },
        revealGraph: (model, layer) => profiles.revealLayer(model, layer),
        revealSource: (model, layer) => revealSource(sources, model, layer),
      }),
      ...modelsViewHandlers(tree, inspections, dimensions, audits),
      ...recipes.handlers,
      ...diagnostics.handlers,
      'lapidary.compareWith': (...args) => comparer.compareWith(...args),
      'lapidary.sensitivity': (...args) => analyser.analyse(...args),
      'lapidary.compareSelected': (...args) => comparer.compareSelected(...args),
      'lapidary.python.link': (file) => linkPython(file, { files, links, hints }),
      'lapidary.openResult': () => openRecentResult(store, results),
      'lapidary.showLog': () => log.show(),
    },
    family: (family, ...args) => compressor.family(family, ...args),
    pass: (pass, ...args) => compressor.pass(pass, ...args),
  };
}
