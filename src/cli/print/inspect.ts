/** An inspection as text. */
import {
  type InspectReport,
  type LayerReport,
  type PlainCost,
  type PlainDim,
  type PortReport,
} from '../../protocol/report';
import { elementTypeText } from '../../report/elementType';
import { formatBytes, formatCost, formatCount, formatShare, formatWhole } from '../../report/format';
import { visibleName } from '../../report/text';
import { drawTable, type Column, type TableOptions } from './table';

/** What layers can be sorted by. */
export const sortKeys = ['order', 'macs', 'flops', 'parameters', 'bytes', 'activations', 'name', 'kind'] as const;

/** Which layers to show. */
export interface LayerSelection {
  readonly sort: (typeof sortKeys)[number];
  /** At most so many. */
  readonly top?: number;
}

/** The page: what the model is, totals, inputs and outputs, layers, warnings. */
export function printInspect(report: InspectReport, selection: LayerSelection, options: TableOptions): string[] {
  const { layers, warnings } = report;
  const chosen = selectLayers(layers, selection);
  const total = numberOf(report.model.macs);
  const rows = chosen.map((layer) => layerRow(layer, total));
  const left = layers.length - chosen.length;
  return [
    ...headOf(report),
    '',
    ...drawTable(layerColumns, rows, options),
    ...(left > 0 ? [`… and ${formatWhole(left)} more layers (--top ${layers.length} shows all)`] : []),
    ...(warnings.length > 0 ? ['', 'Warnings', ...warnings.map(warningLine)] : []),
  ];
}

function headOf({ model, inputs, outputs, symbols }: InspectReport): string[] {
  const opsets = Object.entries(model.opsets).map(([domain, version]) =>
    domain === '' ? `opset ${version}` : `${visibleName(domain)} ${version}`,
  );
  const origin = [...opsets, `IR ${model.irVersion}`, visibleName(model.producer)].filter(Boolean);
  const facts: [string, string][] = [
    ['Size', `${formatBytes(model.fileBytes)}${externalText(model.externalFiles)}`],
    ['Parameters', `${formatCount(model.parameters)}, ${formatBytes(model.weightBytes)} of weights`],
    ['MACs', `${formatCost(model.macs)} (${formatCost(model.flops)} FLOPs)`],
    ['Activations', `${formatCost(model.peakActivationBytes, 'B')} at peak (est.)`],
    ['Layers', formatWhole(model.nodes)],
    ...inputs.map((port, at): [string, string] => [at === 0 ? 'Inputs' : '', portText(port)]),
    ...outputs.map((port, at): [string, string] => [at === 0 ? 'Outputs' : '', portText(port)]),
    ...symbols.map((symbol, at): [string, string] => [at === 0 ? 'Dimensions' : '', symbolText(symbol)]),
  ];
  const title = `${visibleName(model.path)} · ${origin.join(' · ')}`;
  return [title, '', ...facts.map(([name, value]) => `  ${name.padEnd(12)} ${value}`)];
}

const externalText = (files: readonly string[]): string =>
  files.length === 0 ? '' : `, ${files.length === 1 ? 'one file' : `${files.length} files`} of external data included`;

const portText = ({ name, type, shape }: PortReport): string =>
  `${visibleName(name)}  ${elementTypeText(type)}${shape ? `[${shape.map(dimText).join(', ')}]` : ''}`;

function symbolText({ name, value, bound }: InspectReport['symbols'][number]): string {
  const assumed = bound ? '' : ` (assumed; --dim ${name}=N)`;
  return `${visibleName(name)} = ${value ?? 'free'}${assumed}`;
}

const layerColumns: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'Layer', flexible: true },
  { title: 'Kind', flexible: true },
  { title: 'Output', flexible: true },
  { title: 'Params', align: 'right' },
  { title: 'Weights', align: 'right' },
  { title: 'MACs', align: 'right' },
  { title: 'Share', align: 'right' },
];

function layerRow(layer: LayerReport, total: number): string[] {
  const [shape] = layer.outputShapes;
  const macs = numberOf(layer.macs);
  return [
    String(layer.index),
    layer.name,
    layer.kind,
    shape ? (shape.length === 0 ? 'scalar' : shape.map(dimText).join('x')) : '?',
    layer.parameters > 0 ? formatCount(layer.parameters) : '',
    layer.weightBytes > 0 ? formatBytes(layer.weightBytes) : '',
    layer.macs === 0 ? '' : formatCost(layer.macs),
    macs > 0 && total > 0 ? formatShare(macs / total) : '',
  ];
}

/** Sizes that follow from several dynamic dimensions can be pages long; --json has them in full. */
const dimText = (dim: PlainDim): string => {
  const text = String(dim ?? '?');
  return text.length > 24 ? '…' : text;
};

const warningLine = ({ code, node, message }: InspectReport['warnings'][number]): string =>
  visibleName(`  ${node === undefined ? '' : `${node}: `}${message} [${code}]`);

const numberOf = (cost: PlainCost): number => (typeof cost === 'number' ? cost : 0);

/** The layers to show, in order; sorting by a number puts the largest first. */
function selectLayers(layers: readonly LayerReport[], { sort, top }: LayerSelection): readonly LayerReport[] {
  const amounts: Partial<Record<LayerSelection['sort'], (layer: LayerReport) => number>> = {
    macs: (layer) => numberOf(layer.macs),
    flops: (layer) => numberOf(layer.flops),
    parameters: (layer) => layer.parameters,
    bytes: (layer) => layer.weightBytes,
    activations: (layer) => numberOf(layer.activationBytes),
  };
  const amount = amounts[sort];
  const text = sort === 'name' || sort === 'kind' ? sort : undefined;
  const sorted = [...layers];
  if (amount) sorted.sort((a, b) => amount(b) - amount(a) || a.index - b.index);
  else if (text) sorted.sort((a, b) => (a[text] < b[text] ? -1 : a[text] > b[text] ? 1 : a.index - b.index));
  return top === undefined ? sorted : sorted.slice(0, top);
}
