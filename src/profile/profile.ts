/** `inspect`: what each layer of a model holds and costs, from the graph alone. Nothing is run. */
import { type Model } from '../graph/model';
import { type Expression } from '../graph/expression';
import { type Value } from '../graph/value';
import { Costing } from '../operators/costing';
import { type Inference, inferModel, type InferOptions } from '../operators/infer';
import {
  type InspectReport,
  type LayerReport,
  type PortReport,
  type ReportHead,
  type SymbolReport,
  type Warning,
} from '../protocol/report';
import { type CostedInference, layersOf } from './layers';
import { peakActivationBytes } from './memory';
import { type OwnedConstant, ownConstants } from './parameters';
import { evaluateCost, expressionText, plainShape, plainType, ValueSizes } from './plain';

/** What to profile with. */
export interface ProfileOptions extends InferOptions {
  /** Path to show; the model's own when absent. */
  readonly path?: string;
  /** Size of the file (and of its external data), which the model itself does not know. */
  readonly fileBytes?: number;
}

/** A profile in the order in which it is known: of a large model, the rows take longer than everything before them. */
export interface Profile {
  readonly head: ReportHead;
  /** The rows in node order, each made when it is asked for; to be gone through once. */
  readonly layers: Iterable<LayerReport>;
}

/**
 * Profiles a model. Numbers hold for the symbols as bound in `options`, 1 for the others (`symbols` tells which);
 * shapes keep the free symbols, and `…Expression` fields give costs as polynomials. Throws `usage` when `options` do
 * not fit the model's inputs.
 */
export function profileModel(model: Model, options: ProfileOptions = {}): InspectReport {
  return wholeReport(profileInParts(model, options));
}

/** A report with all rows. */
export function wholeReport({ head, layers }: Profile): InspectReport {
  return { ...head, layers: [...layers] };
}

/** The same as `profileModel`, with the totals at once and the rows as they are asked for. */
export function profileInParts(model: Model, options: ProfileOptions = {}): Profile {
  const inference = inferModel(model, options);
  const costing = new Costing(model, inference);
  const ownership = ownConstants(model.graph, (value) => costing.isConstant(value));
  const symbols = inference.symbols.map(({ name, value, source }): SymbolReport => {
    return { name, value: value ?? 1, bound: value !== undefined, source };
  });
  const bindings = new Map(symbols.map(({ name, value }) => [name, value!]));
  const total = costing.graphCost(model.graph);
  const numbers = total.flops
    ? { inference, costing, total }
    : atBindings(model, bindings, options, { inference, costing, total });
  const sizes = new ValueSizes((value) => numbers.inference.typeOf(value), bindings);
  const owned = [...ownership.byNode.values()].flat();
  const constants = owned.concat(ownership.unused);
  const head: ReportHead = {
    model: {
      path: options.path ?? model.path ?? '',
      fileBytes: options.fileBytes ?? 0,
      parameters: sum(constants, (constant) => constant.parameters),
      weightBytes: sum(constants, (constant) => constant.bytes),
      macs: evaluateCost(numbers.total.macs, bindings),
      flops: evaluateCost(numbers.total.flops, bindings),
      macsExpression: expressionText(total.macs),
      flopsExpression: expressionText(total.flops),
      peakActivationBytes: peakActivationBytes(model.graph, {
        bytesOf: sizes.of,
        isConstant: (value) => costing.isConstant(value),
      }),
      nodes: model.graph.nodeCount,
      layerCount: ownership.nodeCount,
      weightTypes: elementsByType(owned),
      irVersion: model.irVersion,
      opsets: Object.fromEntries(model.opsets),
      producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
      externalFiles: externalFiles(constants),
    },
    symbols,
    inputs: model.graph.inputs.filter((value) => !value.constant).map((value) => portOf(value, inference)),
    outputs: model.graph.outputs.map((value) => portOf(value, inference)),
    warnings: [
      ...inference.warnings,
      ...numbers.costing.warnings,
      ...profileWarnings(ownership.unused, inference, bindings, numbers.total.macs),
    ],
  };
  return { head, layers: layersOf(model, { inference, numbers, ownership, bindings, sizes }) };
}

/**
 * Where a branch depends on a dynamic dimension (`if size == 1: squeeze`), only numbers tell what follows: infers once
 * more with the value of every symbol filled in.
 */
function atBindings(
  model: Model,
  bindings: Map<string, number>,
  options: InferOptions,
  symbolic: CostedInference,
): CostedInference {
  const free = symbolic.inference.symbols.filter((symbol) => symbol.source === 'input' && symbol.value === undefined);
  if (free.length === 0) return symbolic;
  const dims = { ...options.dims, ...Object.fromEntries(free.map(({ name }) => [name, bindings.get(name) ?? 1])) };
  const inference = inferModel(model, { ...options, dims });
  for (const { name, value } of inference.symbols) if (!bindings.has(name)) bindings.set(name, value ?? 1);
  const costing = new Costing(model, inference);
  return { inference, costing, total: costing.graphCost(model.graph) };
}

function portOf(value: Value, inference: Inference): PortReport {
  const type = inference.typeOf(value);
  return { name: value.name, type: plainType(type), shape: plainShape(inference.shapeOf(value)) };
}

function elementsByType(constants: readonly OwnedConstant[]): Record<string, number> {
  const elements: Record<string, number> = {};
  for (const { tensor } of constants) elements[tensor.dataType] = (elements[tensor.dataType] ?? 0) + tensor.size;
  return elements;
}

function externalFiles(constants: readonly OwnedConstant[]): string[] {
  const names = new Set<string>();
  for (const { tensor } of constants) {
    if (tensor.external && tensor.data.kind === 'span') names.add(tensor.data.source.name);
  }
  return [...names];
}

function profileWarnings(
  unused: readonly OwnedConstant[],
  inference: Inference,
  bindings: ReadonlyMap<string, number>,
  macs: Expression | undefined,
): Warning[] {
  const warnings: Warning[] = [];
  if (unused.length > 0) {
    const bytes = sum(unused, (constant) => constant.bytes);
    const names = unused.slice(0, 3).map((constant) => `"${constant.name}"`);
    const shown = names.join(', ') + (unused.length > 3 ? ', …' : '');
    const message = `${unused.length} initializers (${bytes} bytes) are not used: ${shown}.`;
    warnings.push({ code: 'unused-initializer', message });
  }
  const exact = macs?.evaluate(bindings);
  const free = inference.symbols.filter(({ value, source }) => value === undefined && source === 'input');
  if (free.length > 0 && (exact === undefined || exact < 0)) {
    const names = free.map((symbol) => symbol.name).join(', ');
    const message = `The model cannot be costed with its dynamic dimensions at 1: give values for ${names}.`;
    warnings.push({ code: 'symbols-needed', message });
  }
  return warnings;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
