/** What is known of a layer or a model, as rows of label and value. Knows no vscode. */
import { type AuditedLayer } from '../../protocol/audit';
import {
  type GroupReport,
  type InspectReport,
  type LayerReport,
  type PlainCost,
  type PlainDim,
  type ReportHead,
  type SymbolReport,
} from '../../protocol/report';
import { elementTypeText } from '../../report/elementType';
import { formatBytes, formatCost, formatCount, formatMilliseconds, formatWhole } from '../../report/format';
import { runsAsText } from '../../report/runsAs';
import { type Say } from '../text/say';
import { type Costs, shareOf, shareText } from './costs';

/** A row. */
export interface Detail {
  readonly label: string;
  readonly value: string;
}

/** "1×64×56×56"; "?" for what is unknown. */
export function shapeText(shape: readonly PlainDim[] | null): string {
  if (shape === null) return '?';
  return shape.length === 0 ? '[]' : shape.map((dim) => dim ?? '?').join('×');
}

/** What is wrong with a text that should be a dimension, or nothing. */
export function dimensionProblem(text: string, say: Say): string | undefined {
  const value = Number(text);
  const isFine = text.trim() !== '' && Number.isSafeInteger(value) && value > 0;
  return isFine ? undefined : say('A dimension is a whole number of at least 1.');
}

/** "batch = 1, height = 224": the values that the numbers were counted with; '' where none is dynamic. */
export function countedWith(symbols: readonly SymbolReport[]): string {
  return symbols.map(({ name, value }) => `${name} = ${value ?? '?'}`).join(', ');
}

/** The rows of a layer; shares are of the whole model. */
export function layerDetails(layer: LayerReport, costs: Costs, totals: Costs, say: Say): readonly Detail[] {
  const outputs = layer.outputShapes.map((shape, index): Detail => {
    const label = layer.outputShapes.length === 1 ? say('Output') : say('Output {0}', index + 1);
    return { label, value: [shapeText(shape), elementTypeText(layer.outputTypes[index] ?? '')].join(' ').trim() };
  });
  const cost = (label: string, measure: keyof Costs, text: string): Detail => {
    const share = shareText(shareOf(costs[measure], totals[measure]));
    return { label, value: share === '' ? text : `${text} · ${share}` };
  };
  const domain = layer.domain === '' || layer.domain === 'ai.onnx' ? '' : ` (${layer.domain})`;
  return [
    { label: say('Kind'), value: layer.kind },
    ...outputs,
    cost(say('MACs'), 'macs', formatCost(layer.macs)),
    cost(say('Parameters'), 'parameters', formatWhole(layer.parameters)),
    cost(say('Weights'), 'weightBytes', formatBytes(layer.weightBytes)),
    cost(say('Activations'), 'activationBytes', formatCost(layer.activationBytes, 'B')),
    ...layer.weights.map(({ name, type, shape }): Detail => ({
      label: say('Weight'),
      value: `${shapeText(shape)} ${elementTypeText(type)} · ${name}`,
    })),
    { label: say('Node'), value: `${layer.name} · ${layer.opType}${domain} #${layer.index}` },
  ];
}

/** The rows of a model. */
export function modelDetails({ model, inputs, outputs, symbols }: InspectReport, say: Say): readonly Detail[] {
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`);
  const port =
    (label: string) =>
    ({ name, type, shape }: InspectReport['inputs'][number]): Detail => ({
      label,
      value: `${name}: ${shapeText(shape)} ${elementTypeText(type)}`,
    });
  return [
    { label: say('File'), value: formatBytes(model.fileBytes) },
    { label: say('Parameters'), value: formatWhole(model.parameters) },
    { label: say('Weights'), value: formatBytes(model.weightBytes) },
    { label: say('MACs'), value: formatCost(model.macs) },
    { label: say('Peak activations'), value: formatCost(model.peakActivationBytes, 'B') },
    { label: say('Nodes'), value: formatWhole(model.nodes) },
    ...inputs.map(port(say('Input'))),
    ...outputs.map(port(say('Output'))),
    ...(symbols.length > 0 ? [{ label: say('Counted with'), value: countedWith(symbols) }] : []),
    { label: say('Opset'), value: opsets.join(', ') },
    ...(model.producer === '' ? [] : [{ label: say('Made by'), value: model.producer }]),
    ...(model.externalFiles.length > 0
      ? [{ label: say('Weights kept in'), value: model.externalFiles.join(', ') }]
      : []),
  ];
}

/** "4.95 MB · 1.24 M params · 349 M MACs". */
export function modelSummary({ model }: ReportHead): string {
  const macs = (cost: PlainCost): string => (typeof cost === 'number' && cost > 0 ? `${formatCount(cost)} MACs` : '');
  const params = model.parameters > 0 ? `${formatCount(model.parameters)} params` : '';
  return [formatBytes(model.fileBytes), params, macs(model.macs)].filter((part) => part !== '').join(' · ');
}

/** How the runtime executes a layer. */
export function auditDetails({ runsAs, reason, latencyMs, fusedInto }: AuditedLayer, say: Say): readonly Detail[] {
  return [
    { label: say('Runs as'), value: runsAsText(runsAs) },
    ...(reason === undefined ? [] : [{ label: say('Why not in int8'), value: reason }]),
    ...(fusedInto === undefined ? [] : [{ label: say('Runs as part of'), value: fusedInto }]),
    ...(latencyMs === undefined ? [] : [{ label: say('Measured time'), value: formatMilliseconds(latencyMs) }]),
  ];
}

/** What belongs to a group of channels. */
export function groupDetails({ makers, readers, tensors, frozen }: GroupReport, say: Say): readonly Detail[] {
  return [
    ...(frozen === undefined ? [] : [{ label: say('Must stay'), value: frozen }]),
    ...makers.map((value) => ({ label: say('Made by'), value })),
    ...readers.map((value) => ({ label: say('Read by'), value })),
    ...tensors.map(({ name, shape, axis }) => ({
      label: say('Weight'),
      value: `${shapeText(shape)} · ${say('axis {0}', axis)} · ${name}`,
    })),
  ];
}
