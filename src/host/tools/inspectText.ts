/** A profile in the words that a language model reads: totals, ports, the costliest layers. Knows no vscode. */
import { type InspectReport, type LayerReport, type PortReport } from '../../protocol/report';
import { elementTypeText } from '../../report/elementType';
import { formatBytes, formatCost, formatCount } from '../../report/format';
import { shapeText } from '../models/details';

/** The text; at most `count` layers, those with the most MACs, or the most parameters where there are no MACs. */
export function inspectText(
  { model, symbols, inputs, outputs, layers, warnings }: InspectReport,
  count: number,
): string {
  const port = ({ name, type, shape }: PortReport): string => `${name}: ${elementTypeText(type)} ${shapeText(shape)}`;
  const rows = costliest(layers, count);
  return [
    `${model.path}: ${formatBytes(model.fileBytes)}, ${formatCount(model.parameters)} parameters, ${formatCost(model.macs)} MACs, ${formatCost(model.flops)} FLOPs, peak activations ${formatCost(model.peakActivationBytes, 'B')}, ${layers.length} nodes.`,
    `Producer: ${model.producer || 'unknown'}. Opsets: ${Object.entries(model.opsets)
      .map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`)
      .join(', ')}.`,
    `Inputs: ${inputs.map(port).join('; ')}. Outputs: ${outputs.map(port).join('; ')}.`,
    ...(symbols.length > 0
      ? [`Counted with ${symbols.map(({ name, value }) => `${name} = ${value ?? '?'}`).join(', ')}.`]
      : []),
    ...warnings.map(({ message }) => `Warning: ${message}`),
    `Costliest ${rows.length} of ${layers.length} layers (name | kind | MACs | parameters | output):`,
    ...rows.map((layer) =>
      [
        layer.name,
        layer.kind,
        formatCost(layer.macs),
        formatCount(layer.parameters),
        layer.outputShapes.map(shapeText).join(' '),
      ].join(' | '),
    ),
  ].join('\n');
}

function costliest(layers: readonly LayerReport[], count: number): LayerReport[] {
  const macsOf = ({ macs }: LayerReport): number => (typeof macs === 'number' ? macs : 0);
  const sorted = [...layers].sort((a, b) => macsOf(b) - macsOf(a) || b.parameters - a.parameters);
  return sorted.slice(0, count);
}
