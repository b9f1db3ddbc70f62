/**
 * Every word that the pages say themselves, in English, and its way to another language: the host hands over
 * `vscode.l10n.bundle`, which maps English to translated text. `{0}`, `{1}` … stand for values.
 */
import { profileTexts } from './profile/texts';
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
  // Layer by layer
  strip: 'Layer by Layer',
  stripLabel: '{0} bars: {1}. The table of layers has the numbers.',
  stripFirst: 'first layer',
  stripLast: 'last layer',
  stripKept: 'Kept',
  stripKeptHelp: 'what is left of the channels, heads, ranks or weights of each layer',
  stripBytes: 'Weights',
  stripPairHelp: 'outline: before; filled: after',
  stripOutput: 'Output SQNR',
  stripOutputHelp: 'how close the output of each layer is to the original: higher is better',
  stripAlone: 'Sensitivity',
  stripAloneHelp: 'what the outputs keep with this layer alone in 8 bits: lower is more sensitive',
  sensitivity: 'Measure Sensitivity…',
  sensitivityAgain: 'Measure Sensitivity Again…',
  sensitivityHelp:
    'Run the original with each layer alone in 8 bits, on data of your choice, and show what each one loses',
  aloneRank: 'number {0} of the most sensitive layers',
  columnRemoved: 'Kept',
  columnRemovedHelp: 'What is left of the channels that the layer makes, of its heads, ranks or weights',
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
  tensorsCount: '{0} tensors',
  tensorsCountOne: '1 tensor',
  tensorsFiltered: '{0} of {1} tensors',
  filterTensorsHint: 'Filter by name, layer or type',
  layersFiltered: '{0} of {1} layers',
  filter: 'Filter layers',
  filterHint: 'Filter by name or kind',
  filterReasonsHint: 'Filter by name, kind or reason',
  show: 'Which layers',
  showAll: 'All Layers',
  showChanged: 'Changed',
  showSkipped: 'Left Alone',
  showAdded: 'Added or Removed',
  clearFilter: 'Clear Filter',
  noLayers: 'This report says nothing about single layers.',
  noMatch: 'No layer matches.',
  tableHelp: 'Arrow keys move, Shift and arrow keys select rows, Control+C copies',
  columnsHidden: 'No room for: {0}',
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
  columnOutputSqnrHelp:
    'Signal-to-quantization-noise ratio at the output of the layer, all layers together: more is closer to the original',
  sqnrOfWeights: 'of the weights: {0}',
  fieldWeightSqnr: 'SQNR of the weights (dB)',
  columnRuns: 'Runs As',
  columnRunsHelp: 'How the runtime executes the layer; hover for what keeps it in float',
  fieldRunsAsReason: 'Why not in int8',
  columnLatency: 'Latency',
  columnLatencyHelp: 'Measured time of the layer; what is fused into it is counted in',
  columnWhat: 'Change',
  columnWhatHelp: 'What was changed, or why the layer was left alone',
  statusChanged: 'changed',
  statusSkipped: 'left alone',
  statusAdded: 'added',
  statusRemoved: 'removed',
  worse: 'worse',
  ...profileTexts,
  // Sensitivity
  pruneNext: 'Prune Channels…',
  factorizeNext: 'Factorize…',
  quantizeNext: 'Quantize Statically…',
  compressHelp: 'Ask how, then write a new file beside the model',
  pruneSentence: 'What the outputs lose when one group of channels alone is pruned. Groups tried: {0}; criterion: {1}.',
  rankSentence: 'What the outputs lose when one layer alone is brought to a lower rank. Layers tried: {0}.',
  int8Sentence:
    'What the outputs lose when one layer alone runs in 8 bits. Layers tried: {0}; SQNR with all of them in 8 bits: {1}.',
  wholeTopOne: 'Top-1 of the whole model: {0}.',
  measuredOn: 'measured on {0} samples ({1})',
  randomOrder: 'The inputs were random: give data before you trust the order.',
  leftOutGroups: 'Groups that were not measured: {0}',
  leftOutLayers: 'Layers that were not measured: {0}',
  curves: 'Curves',
  curvesHelp:
    'Up and down arrows go through the groups, the most fragile first; left and right go along a curve; Enter shows the group in the table',
  axisShare: 'share of the group’s channels that is gone',
  axisRank: 'share of the layer’s MACs that is gone',
  axisSaved: 'share of the model’s MACs that is saved',
  whichLoss: 'Measured by',
  topOneTitle: 'Top-1',
  topOne: 'top-1 {0}',
  against: 'Against',
  againstShare: 'Share of Group',
  againstLayer: 'Share of Layer',
  againstSaved: 'MACs Saved',
  pointInHand: 'In hand:',
  groupOf: '{0} and {1} more',
  curvePoint: '{0}: {1} of {2} channels gone, {3}, saves {4} of the MACs',
  rankPoint: '{0}: rank {1} of {2}, {3}, saves {4} of the MACs',
  readBy: '· read by {0}',
  groups: 'Groups of Channels',
  groupsCount: '{0} groups',
  groupsCountOne: '1 group',
  groupsFiltered: '{0} of {1} groups',
  filterGroupsHint: 'Filter by layer',
  noGroups: 'Nothing could be measured.',
  columnRank: '#',
  columnRankHelp: '1 costs the outputs the most',
  columnGroup: 'Made By',
  columnGroupHelp: 'Layers that make the channels; all of them shrink together',
  columnReaders: 'Read By',
  columnChannels: 'Channels',
  columnRatioHelp: 'SQNR of the outputs, in dB, with {0} of {1} gone: more is closer to the original',
  columnRatioTopOneHelp: 'Top-1 with {0} of {1} gone',
  goneChannels: 'the channels',
  goneArithmetic: 'the layer’s MACs',
  channelsGone: '{0} of {1} channels gone',
  rankLeft: 'rank {0} of {1}',
  columnFullRank: 'Full Rank',
  columnSaved: 'Saved at −50 %',
  columnSavedHelp: 'Share of the model’s MACs that is saved when half is gone',
  columnLossShare: 'Share of the Loss',
  columnLossShareHelp: 'Of the noise that all layers make at the outputs, each alone in 8 bits',
  columnSize: 'Size',
  columnSizeHelp: 'Bytes of the float weights',
  columnAlone: 'SQNR Alone',
  columnAloneHelp: 'SQNR of the outputs with this layer alone in 8 bits: more is closer to the original',
  columnOfWeights: 'Weights',
  columnTogether: 'Together',
  // States
  waiting: 'Waiting for the report…',
  waitingForLayers: 'Working out the cost of each layer…',
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
