/** The entry: makes the features, one folder each, and connects them. */
import * as vscode from 'vscode';
import { LapidaryError } from '../protocol/errors';
import { Comparer } from './compare/comparer';
import { Compressor } from './compress/compressor';
import { Compressions } from './compress/runCompression';
import { registerCommands } from './commands';
import { DataMemory } from './data/dataMemory';
import { registerDiagnostics } from './diagnostics/register';
import { logError, showError } from './errors/showError';
import { GraphTextFeature } from './graphText/graphText';
import { modelSummary } from './models/details';
import { Dimensions } from './models/dimensions';
import { Audits } from './models/audits';
import { Exclusions } from './models/exclusions';
import { Inspections } from './models/inspections';
import { layerHandlers } from './models/layerCommands';
import { ModelFiles } from './models/modelFiles';
import { ModelGroups } from './models/modelGroups';
import { releaseClosedModels, restWithoutModels } from './models/openModels';
import { reopenAsProfiles } from './models/reopen';
import { modelsViewHandlers, showModelsView } from './models/modelsView';
import { ModelTree } from './models/modelTree';
import { ProfileEditors } from './profile/profileEditor';
import { PythonHints } from './python/hints';
import { linkPython } from './python/linkCommand';
import { PythonLinks } from './python/links';
import { revealSource } from './python/revealSource';
import { SourceReports } from './python/sourceReports';
import { registerRecipes } from './recipes/register';
import { openRecentResult } from './result/openResult';
import { measureLosses } from './result/losses';
import { resultActions } from './result/resultActions';
import { ResultPanels } from './result/resultPanels';
import { ResultStore } from './result/resultStore';
import { Analyser, tabTitle } from './sensitivity/analyser';
import { SensitivityMeasurement } from './sensitivity/measurement';
import { SensitivityPanels } from './sensitivity/sensitivityPanels';
import { SensitivityStore } from './sensitivity/sensitivityStore';
import { nodePath } from './settings';
import { registerTools } from './tools/tools';
import { chooseAction, openWalkthrough } from './welcome/actions';
import { ModelStatus } from './welcome/statusBar';
import { runJob, SharedInspector } from './worker/client';
import { JobRunner } from './worker/jobRunner';

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
  const workerPath = vscode.Uri.joinPath(context.extensionUri, 'dist', 'worker.js').fsPath;
  const surroundings = { workerPath, nodePath, log: (line: string) => log.info(line) };

  const dimensions = new Dimensions(context.workspaceState);
  const files = new ModelFiles();
  const inspector = new SharedInspector({ workerPath, nodePath, onLog: surroundings.log });
  const inspections = new Inspections(inspector, dimensions, modelSummary, (error) => logError(error, log));
  const exclusions = new Exclusions(context.workspaceState);
  const jobs = new JobRunner(runJob, surroundings);
  const audits = new Audits(jobs, dimensions, inspections);
  const groups = new ModelGroups(inspector, inspections, dimensions);
  const tree = new ModelTree(files, inspections, exclusions, groups, audits);
  const texts = new GraphTextFeature({ inspector, inspections, exclusions, files });
  const memory = new DataMemory(context.workspaceState);
  const storage = context.storageUri ?? context.globalStorageUri;
  const store = new ResultStore(context.workspaceState, vscode.Uri.joinPath(storage, 'results').fsPath);
  const comparer = new Comparer(files, jobs, () => results, memory, dimensions);
  const measurement = new SensitivityMeasurement({ jobs, memory, dimensions });
  const actions = resultActions({
    compare: async (before, after) => void (await comparer.ask(before, after)),
    measureLosses: (state) => measureLosses(state, measurement),
  });
  const results: ResultPanels = new ResultPanels(context.extensionUri, store, actions, failed);
  const sensitivities = new SensitivityStore(
    context.workspaceState,
    vscode.Uri.joinPath(storage, 'sensitivities').fsPath,
    tabTitle,
  );
  const panels = new SensitivityPanels(context.extensionUri, sensitivities, failed);
  const analyser = new Analyser({ files, measurement, panels, exclusions });
  const compressions = new Compressions(jobs, results);
  const compressor = new Compressor(files, compressions, memory, dimensions, exclusions, log);
  const cliPath = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;
  const recipes = registerRecipes({ files, compressions, memory, dimensions, store, cliPath, nodePath });

  const diagnostics = registerDiagnostics({
    ...{ inspector, inspections, dimensions, files, compressor, results: store },
    failed: (error) => logError(error, log),
  });

  const sources = new SourceReports(inspector, dimensions, (error) => logError(error, log));
  const links = new PythonLinks(files, sources, context.workspaceState);
  const hints = new PythonHints(files, sources, links);
  const profiles = new ProfileEditors({
    ...{ extension: context.extensionUri, files, inspections, audits, dimensions, groups, texts, inspector, failed },
  });

  const commands = registerCommands(
    {
      own: {
        'lapidary.actions': (model) => chooseAction(files, model),
        'lapidary.openWalkthrough': () => openWalkthrough(context.extension.id),
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
    },
    failed,
  );
  context.subscriptions.push(
    profiles,
    log,
    failures,
    files,
    inspector,
    inspections,
    tree,
    showModelsView(tree),
    results,
    panels,
    recipes.disposable,
    diagnostics.disposable,
    exclusions,
    audits,
    releaseClosedModels((model) => {
      inspections.release(model);
      texts.release(model);
    }),
    restWithoutModels(files, () => inspector.rest()),
    new ModelStatus(inspections),
    registerTools({ inspector, jobs, compressions }),
    texts,
    hints,
    commands,
  );
  void reopenAsProfiles(context.globalState).then(undefined, failed);
  // Set by `npm start`, for whoever sees the extension for the first time.
  if (process.env.LAPIDARY_WALKTHROUGH === '1') void openWalkthrough(context.extension.id);
  return { models: tree, onDidFail: failures.event, activationMs: performance.now() - started };
}
