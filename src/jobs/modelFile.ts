/** A model file with what jobs need to know of it. */
import { statSync } from 'node:fs';
import { checkModel } from '../graph/check';
import { Expression } from '../graph/expression';
import { readModel } from '../graph/fromOnnx';
import { type Model } from '../graph/model';
import { profileModel } from '../profile/profile';
import { type Bindings } from '../protocol/jobs';
import { type InspectReport, type Totals } from '../protocol/report';

/** Reads a model and checks that something can be done with it. Reads no weight. */
export function openModel(path: string): Model {
  const model = readModel(path);
  checkModel(model);
  return model;
}

/** Profiles a model that was read from `path`, with the size of all its files. */
export function profileFile(model: Model, path: string, bindings: Bindings): InspectReport {
  const report = profileModel(model, { ...bindings, path });
  const fileBytes = [path, ...report.model.externalFiles].reduce((sum, file) => sum + statSync(file).size, 0);
  return { ...report, model: { ...report.model, fileBytes } };
}

/** The totals of a profile. */
export function totalsOf({ model }: InspectReport): Totals {
  const { fileBytes, parameters, weightBytes, macs, flops, peakActivationBytes, nodes } = model;
  return { fileBytes, parameters, weightBytes, macs, flops, peakActivationBytes, nodes };
}

/**
 * Bindings that still mean something for `model`: another model of a comparison may name its dimensions differently.
 */
export function bindingsFor(model: Model, { dims, inputShapes }: Bindings): Bindings {
  const inputs = new Set(model.graph.inputs.map((input) => input.name));
  const symbols = new Set<string>();
  for (const { type } of model.graph.inputs) {
    if (type?.kind !== 'tensor') continue;
    for (const dim of type.shape ?? []) if (dim !== null && typeof dim !== 'number') dim.symbols(symbols);
  }
  const kept = <T>(record: Readonly<Record<string, T>> | undefined, known: ReadonlySet<string>) =>
    record && Object.fromEntries(Object.entries(record).filter(([name]) => known.has(name)));
  return { dims: kept(dims, symbols), inputShapes: kept(inputShapes, inputs) };
}

/** Values of symbols: as given, or as whole input shapes imply. */
export function boundDims(model: Model, { dims, inputShapes }: Bindings): Readonly<Record<string, number>> {
  const implied = model.graph.inputs.flatMap(({ name, type }) => {
    const given = inputShapes?.[name];
    if (!given || type?.kind !== 'tensor') return [];
    return (type.shape ?? []).flatMap((dim, axis) => {
      const symbol = dim instanceof Expression ? dim.symbolName : undefined;
      return symbol !== undefined && given[axis] !== undefined ? [[symbol, given[axis]] as const] : [];
    });
  });
  return { ...Object.fromEntries(implied), ...dims };
}
