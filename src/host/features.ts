/** Makes the features, layer by layer: what reads models, what shows results, what makes new models, what knows Python. */
import * as vscode from 'vscode';
import { Comparer } from './compare/comparer';
import { Compressor } from './compress/compressor';
import { Compressions } from './compress/runCompression';
import { DataMemory } from './data/dataMemory';
import { registerDiagnostics } from './diagnostics/register';
import { logError } from './errors/showError';
import { GraphTextFeature } from './graphText/graphText';
import { Audits } from './models/audits';
import { modelSummary } from './models/details';
import { Dimensions } from './models/dimensions';
import { Exclusions } from './models/exclusions';
import { Inspections } from './models/inspections';
import { ModelFiles } from './models/modelFiles';
import { ModelGroups } from './models/modelGroups';
import { showModelsView } from './models/modelsView';
import { ModelTree } from './models/modelTree';
import { releaseClosedModels, restWithoutModels } from './models/openModels';
import { ProfileEditors } from './profile/profileEditor';
import { PythonHints } from './python/hints';
import { PythonLinks } from './python/links';
import { SourceReports } from './python/sourceReports';
import { registerRecipes } from './recipes/register';
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
import { ModelStatus } from './welcome/statusBar';
import { runJob, SharedInspector } from './worker/client';
import { JobRunner } from './worker/jobRunner';

/** What features are made in. */
export interface Surroundings {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** Shows what went wrong in something that a person did. */
  readonly failed: (thrown: unknown) => void;
}

/** A program of ours, beside the extension's own. */
const programOf = ({ extensionUri }: vscode.ExtensionContext, name: string): string =>
  vscode.Uri.joinPath(extensionUri, 'dist', name).fsPath;

/** What reads models and shows them as they are; `owned` is what ends with the extension. */
function readingFeatures({ context, log, failed }: Surroundings) {
  const workerPath = programOf(context, 'worker.js');
  const onLog = (line: string): void => log.info(line);
  const dimensions = new Dimensions(context.workspaceState);
  const files = new ModelFiles();
  const inspector = new SharedInspector({ workerPath, nodePath, onLog });
  const inspections = new Inspections(inspector, dimensions, modelSummary, (error) => logError(error, log));
  const exclusions = new Exclusions(context.workspaceState);
  const jobs = new JobRunner(runJob, { workerPath, nodePath, log: onLog });
  const audits = new Audits(jobs, dimensions, inspections);
  const groups = new ModelGroups(inspector, inspections, dimensions);
  const tree = new ModelTree(files, inspections, exclusions, groups, audits);
  const texts = new GraphTextFeature({ inspector, inspections, exclusions, files });
  const profiles = new ProfileEditors({
    ...{ extension: context.extensionUri, files, inspections, audits, dimensions, groups, texts, inspector, failed },
  });
  const released = releaseClosedModels((model) => {
    inspections.release(model);
    texts.release(model);
  });
  const resting = restWithoutModels(files, () => inspector.rest());
  const shown = [showModelsView(tree), new ModelStatus(inspections)];
  return {
    ...{ dimensions, files, inspector, inspections, exclusions, jobs, audits, groups, tree, texts, profiles },
    memory: new DataMemory(context.workspaceState),
    owned: [profiles, files, inspector, inspections, tree, exclusions, audits, texts, released, resting, ...shown],
  };
}

type Reading = ReturnType<typeof readingFeatures>;

/** What keeps and shows what was measured. */
function resultFeatures({ context, failed }: Surroundings, reading: Reading) {
  const { files, jobs, memory, dimensions, exclusions } = reading;
  const storage = context.storageUri ?? context.globalStorageUri;
  const folder = (name: string): string => vscode.Uri.joinPath(storage, name).fsPath;
  const store = new ResultStore(context.workspaceState, folder('results'));
  const comparer = new Comparer(files, jobs, () => results, memory, dimensions);
  const measurement = new SensitivityMeasurement({ jobs, memory, dimensions });
  const actions = resultActions({
    compare: async (before, after) => void (await comparer.ask(before, after)),
    measureLosses: (state) => measureLosses(state, measurement),
  });
  const results: ResultPanels = new ResultPanels(context.extensionUri, store, actions, failed);
  const sensitivities = new SensitivityStore(context.workspaceState, folder('sensitivities'), tabTitle);
  const panels = new SensitivityPanels(context.extensionUri, sensitivities, failed);
  const analyser = new Analyser({ files, measurement, panels, exclusions });
  return { store, comparer, results, analyser, owned: [results, panels] };
}

type Results = ReturnType<typeof resultFeatures>;

/** What makes new models, or says why one should. */
function makingFeatures({ context, log }: Surroundings, reading: Reading, { store, results }: Results) {
  const { files, jobs, memory, dimensions, exclusions, inspector, inspections } = reading;
  const compressions = new Compressions(jobs, results);
  const compressor = new Compressor(files, compressions, memory, dimensions, exclusions, log);
  const cliPath = programOf(context, 'cli.js');
  const recipes = registerRecipes({ files, compressions, memory, dimensions, store, cliPath, nodePath });
  const diagnostics = registerDiagnostics({
    ...{ inspector, inspections, dimensions, files, compressor, results: store },
    failed: (error) => logError(error, log),
  });
  const tools = registerTools({ inspector, jobs, compressions });
  return { compressor, recipes, diagnostics, owned: [recipes.disposable, diagnostics.disposable, tools] };
}

/** What connects models with the programs that made them. */
function pythonFeatures({ context, log }: Surroundings, { files, inspector, dimensions }: Reading) {
  const sources = new SourceReports(inspector, dimensions, (error) => logError(error, log));
  const links = new PythonLinks(files, sources, context.workspaceState);
  const hints = new PythonHints(files, sources, links);
  return { sources, links, hints, owned: [hints] };
}

/** All of them. */
export function makeFeatures(surroundings: Surroundings) {
  const reading = readingFeatures(surroundings);
  const results = resultFeatures(surroundings, reading);
  const making = makingFeatures(surroundings, reading, results);
  const python = pythonFeatures(surroundings, reading);
  const owned = [reading, results, making, python].flatMap((each): readonly vscode.Disposable[] => each.owned);
  return { ...reading, ...results, ...making, ...python, owned };
}

/** Everything that there is, by name. */
export type Features = ReturnType<typeof makeFeatures>;
