/** A model file with what jobs need to know of it. */
import { statSync } from 'node:fs';
import { type DataSource } from '../data/source';
import { checkModel } from '../graph/check';
import { Expression } from '../graph/expression';
import { readModel } from '../graph/fromOnnx';
import { type Model } from '../graph/model';
import { firstFeeds } from '../pass/observe';
import { type Profile, profileInParts, wholeReport } from '../profile/profile';
import { type Bindings } from '../protocol/jobs';
import { type InspectReport, type ReportHead, type Totals } from '../protocol/report';

/** Reads a model and checks that something can be done with it. Reads no weight. */
export function openModel(path: string): Model {
  const model = readModel(path);
  checkModel(model);
  return model;
}

/** Profiles a model that was read from `path`, with the size of all its files. */
export function profileFile(model: Model, path: string, bindings: Bindings): InspectReport {
  return wholeReport(profileFileInParts(model, path, bindings));
}

/** The same, with the totals at once and the rows as they are asked for. */
export function profileFileInParts(model: Model, path: string, bindings: Bindings): Profile {
  const { head, layers } = profileInParts(model, { ...bindings, path });
  const fileBytes = [path, ...head.model.externalFiles].reduce((sum, file) => sum + statSync(file).size, 0);
  return { head: { ...head, model: { ...head.model, fileBytes } }, layers };
}

/** A model that is on the disk, with its profile: what jobs hand to each other, so that nothing is read twice. */
export interface StoredModel {
  readonly path: string;
  readonly model: Model;
  /** What it holds and costs as a whole. */
  readonly totals: Totals;
  /** The same layer by layer, which is worked out when somebody asks for it. */
  readonly profile: InspectReport;
}

/** Opens and profiles; bindings that mean nothing for this model are left out when `lenient`. */
export function storedModel(path: string, bindings: Bindings, { lenient = false } = {}): StoredModel {
  const model = openModel(path);
  const parts = profileFileInParts(model, path, lenient ? bindingsFor(model, bindings) : bindings);
  let profile: InspectReport | undefined;
  return {
    path,
    model,
    totals: totalsOf(parts.head),
    get profile() {
      return (profile ??= wholeReport(parts));
    },
  };
}

/** Totals of a model in memory that was written in so many bytes: what reading it again would tell. */
export function totalsAsWritten(model: Model, fileBytes: number, bindings: Bindings): Totals {
  return totalsOf(profileInParts(model, { ...bindingsFor(model, bindings), fileBytes }).head);
}

function totalsOf({ model }: ReportHead): Totals {
  const { fileBytes, parameters, weightBytes, macs, flops, peakActivationBytes, nodes } = model;
  return { fileBytes, parameters, weightBytes, macs, flops, peakActivationBytes, nodes };
}

/**
 * Bindings that still mean something for `model`: another model of a comparison may name its dimensions differently.
 */
export function bindingsFor(model: Model, { dims, inputShapes }: Bindings): Bindings {
  const inputs = new Set(model.graph.inputs.map((input) => input.name));
  const symbols = new Set(inputSymbols(model));
  const kept = <T>(record: Readonly<Record<string, T>> | undefined, known: ReadonlySet<string>) =>
    record && Object.fromEntries(Object.entries(record).filter(([name]) => known.has(name)));
  return { dims: kept(dims, symbols), inputShapes: kept(inputShapes, inputs) };
}

/** Symbols in the shapes of the inputs that a caller feeds. */
export function inputSymbols(model: Model): string[] {
  const names = new Set<string>();
  for (const { type, constant } of model.graph.inputs) {
    if (type?.kind !== 'tensor' || constant) continue;
    for (const dim of type.shape ?? []) if (dim instanceof Expression) dim.symbols(names);
  }
  return [...names];
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

/** The same, and of symbols that nobody names as the first sample shows: what a layer costs depends on them. */
export async function dimsWithData(
  model: Model,
  bindings: Bindings,
  data: DataSource,
): Promise<Readonly<Record<string, number>>> {
  const feeds = data.random ? undefined : await firstFeeds(data);
  const inputShapes = Object.fromEntries(Object.entries(feeds ?? {}).map(([name, { shape }]) => [name, shape]));
  return { ...boundDims(model, { inputShapes }), ...boundDims(model, bindings) };
}
