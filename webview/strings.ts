/**
 * Every word that the pages say themselves, in English, and its way to another language: the host hands over
 * `vscode.l10n.bundle`, which maps English to translated text. `{0}`, `{1}` … stand for values.
 */
import { englishWords, fill, type ReportWords } from '../src/report/words';

const english = {
  // Actions
  reveal: 'Reveal File',
  revealHelp: 'Show the new file in the Explorer',
  compareOutputs: 'Compare Outputs…',
  compareOutputsHelp: 'Run both models on data of your choice and compare what they say',
  saveRecipe: 'Save Recipe',
  saveRecipeHelp: 'Keep these steps as a file that can be run again, here or from the command line',
  export: 'Export',
  exportHelp: 'Save this report as a file',
  exportHtml: 'HTML Page',
  exportMarkdown: 'Markdown',
  exportCsv: 'CSV, One Line per Layer',
  exportJson: 'JSON',
  copy: 'Copy',
  copyTableTsv: 'Table for a Spreadsheet (TSV)',
  copyTableCsv: 'Table as CSV',
  copySelection: 'Selected Rows ({0})',
  copyCell: 'Current Cell',
  copied: 'Copied',
  // Head
  madeFrom: 'made from {0}',
  comparedWith: 'compared with {0}',
  tookTime: 'took {0}',
  nothingChanged: 'Nothing was changed.',
  note: 'Note',
  warning: 'Warning',
  atNode: 'at {0}',
  noName: '(no name)',
  // Figures
  figures: 'Before and after',
  before: 'before',
  after: 'after',
  notCompared: 'Outputs and latency were not compared: {0}',
  // Gates
  notWritten: 'The file was not written: it misses a gate of the recipe.',
  gate: 'Gate',
  gateMeasured: 'Measured',
  gateWanted: 'Wanted',
  gateOutcome: 'Outcome',
  // Left alone
  leftAlone: 'Left Alone',
  leftAloneCount: '{0} of {1} layers',
  leftAloneLayers: '{0} layers',
  leftAloneLayer: '1 layer',
  showInTable: 'Show in Table',
  moreLayers: 'and {0} more',
  showAllReasons: 'Show All {0} Reasons',
  // Layers
  layers: 'Layers',
  layersCount: '{0} layers',
  layersCountOne: '1 layer',
  layersFiltered: '{0} of {1} layers',
  filter: 'Filter layers',
  filterHint: 'Filter by name, kind or reason',
  show: 'Which layers',
  showAll: 'All Layers',
  showChanged: 'Changed',
  showSkipped: 'Left Alone',
  showAdded: 'Added or Removed',
  clearFilter: 'Clear Filter',
  noLayers: 'This report says nothing about single layers.',
  noMatch: 'No layer matches.',
  tableHelp: 'Arrow keys move, Shift and arrow keys select rows, Control+C copies',
  columnLayer: 'Layer',
  columnKind: 'Kind',
  columnBefore: 'Before',
  columnBeforeHelp: 'Bytes of the weights before',
  columnAfter: 'After',
  columnAfterHelp: 'Bytes of the weights after',
  columnShare: 'Share',
  columnShareHelp: 'Share of all weights before. Bars: bytes before and after, one scale for all layers',
  columnMacs: 'MACs',
  columnMacsHelp: 'Multiply-accumulate operations of one run',
  columnSqnr: 'SQNR',
  columnSqnrHelp: 'Signal-to-quantization-noise ratio of the weights: more is closer to the original',
  columnLatency: 'Latency',
  columnLatencyHelp: 'Measured time of the layer; what is fused into it is counted in',
  columnWhat: 'What, or Why Not',
  columnWhatHelp: 'What was changed, or why the layer was left alone',
  columnOutputSqnrHelp:
    'Signal-to-quantization-noise ratio at the output of the layer, all layers together: more is closer to the original',
  sqnrOfWeights: 'of the weights: {0}',
  fieldWeightSqnr: 'SQNR of the weights (dB)',
  columnRuns: 'Runs as',
  columnRunsHelp: 'How the runtime executes the layer; hover for what keeps it in float',
  fieldRunsAsReason: 'Why not in int8',
  statusChanged: 'changed',
  statusSkipped: 'left alone',
  statusAdded: 'added',
  statusRemoved: 'removed',
  worse: 'worse',
  // Profile
  openText: 'Open as Text',
  openTextHelp: 'Show the graph in the textual syntax of ONNX',
  opset: 'opset {0}',
  opsetOf: '{0} {1}',
  irVersion: 'IR version {0}',
  producedBy: 'made by {0}',
  file: 'File',
  parameters: 'Parameters',
  peakActivations: 'Activations at Peak',
  estimated: 'est., as if each tensor were freed after its last use',
  weightsTotal: 'weights {0}',
  externalData: 'external data in {0}',
  externalDataFiles: 'external data in {0} files',
  flopsTotal: '{0} FLOPs',
  assumedOnes: 'with open dimensions taken as 1',
  storedAs: 'stored as {0}',
  recalculating: 'Calculating…',
  inputs: 'Inputs',
  showAllInputs: 'Show All {0} Inputs',
  dimension: 'Dimension {0}',
  dimensionAssumed: '1 assumed',
  dimensionUnknown: 'known only when the model runs',
  dimensionInvalid: 'A dimension is a whole number from 1.',
  shapeOf: 'Shape of {0}',
  shapeHint: 'such as 1x3x224x224',
  shapeInvalid: 'A shape is a list of whole numbers, such as 1x3x224x224.',
  scalar: 'scalar',
  anyShape: 'any shape',
  costs: 'Costs',
  costsHelp: 'Arrow keys move: down into a scope, up out of it; Enter looks closer, Escape steps back',
  metric: 'Which cost',
  metricMacs: 'MACs',
  metricWeights: 'Weight Bytes',
  metricParameters: 'Parameters',
  metricActivations: 'Activations',
  familyConvolution: 'Convolution',
  familyMatrix: 'Matrix product',
  familyRecurrent: 'Recurrent',
  familyNormalization: 'Normalization',
  familyOther: 'Other',
  scopes: 'Scope',
  wholeModel: 'Model',
  blockLabel: '{0}: {1}, {2} of the model',
  blockLabelKind: '{0} ({1}): {2}, {3} of the model',
  blockRest: '{0} more',
  costsNothing: 'No layer of this model costs anything here.',
  inScope: 'in {0}',
  columnShape: 'Output',
  columnShapeHelp: 'Type and shape of the first output',
  columnWeights: 'Weights',
  columnParameters: 'Params',
  columnActivation: 'Activation',
  columnActivationHelp: 'Bytes of the outputs',
  columnCostShare: 'Share',
  columnCostShareHelp: 'Share of what the chart shows: {0}',
  otherBranch: 'runs only in the other branch; not in the totals',
  moreWarnings: 'Show All {0} Warnings',
  modelFailed: 'The model cannot be shown',
  // States
  waiting: 'Waiting for the report…',
  working: 'Comparing…',
  workingAt: 'at {0}',
  failed: 'There is no report',
  failedHint: 'What to do',
  placeModel: 'Model',
  placePass: 'Pass',
  placeNode: 'Node',
  placeTensor: 'Tensor',
} as const;

/** Name of a text. */
export type TextKey = keyof typeof english;

let translations: Readonly<Record<string, string>> = {};
let reportWords: ReportWords = englishWords;

/** Speaks another language from now on; call before rendering. */
export function setTranslations(bundle: Readonly<Record<string, string>>): void {
  translations = bundle;
  const translated = Object.entries(englishWords).map(([key, words]) => [key, bundle[words] ?? words]);
  reportWords = Object.fromEntries(translated) as ReportWords;
}

/** A text with its values put in. */
export function text(key: TextKey, ...values: readonly (string | number)[]): string {
  return fill(translations[english[key]] ?? english[key], ...values);
}

/** The words of figures and changes in the page's language. */
export function words(): ReportWords {
  return reportWords;
}

/** All texts, for a test that each is used and for translators. */
export const allTexts: Readonly<Record<TextKey, string>> = english;
