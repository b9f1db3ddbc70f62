/** Inputs to compare models on, and what the original makes of them. */
import { type Model } from '../../graph/model';
import { type PassContext } from '../context';
import { LapidaryError } from '../../protocol/errors';
import { type Feeds, type InferenceSession, type PortInfo, type RuntimeTensor } from '../../runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';

/** Outputs of a run, by name. */
export type Outputs = Readonly<Record<string, RuntimeTensor>>;

/** One set of inputs and the original's outputs for it. */
export interface Reference {
  readonly feeds: Feeds;
  readonly outputs: Outputs;
  readonly milliseconds: number;
}

/** A run that takes longer than this (ms) is not repeated on other numbers of the same size. */
const patience = 1000;

/** Elements of one input that are made up at most. */
const mostElements = 1 << 25;

/** Sizes that networks with strides take when they take no small ones. */
const larger = [8, 32, 64, 224] as const;

/** Samples of a signal: without a second spatial dimension they cost little. */
const longer = [512, 2048, 16000] as const;

const isSignal = (ports: readonly PortInfo[]): boolean => ports.every(({ shape }) => (shape?.length ?? 0) <= 3);

/**
 * Two references, of one as the only size and of sizes that all differ where the model runs with them; else of the
 * first sizes that it takes. Throws what the runtime said when it takes none.
 */
export async function referencesOf(
  session: InferenceSession,
  model: Model,
  context: PassContext,
): Promise<readonly Reference[]> {
  const ports = inputPorts(model).map(nameUnknown);
  const bounds = indexBounds(model);
  const references: Reference[] = [];
  let failure: LapidaryError | undefined;
  for (const [seed, dims] of sizesOf(ports, context.dims).entries()) {
    if (references.length === 2 || context.signal.aborted) break;
    const [previous] = references;
    if (previous && previous.milliseconds > patience && Object.keys(dims).length === 0) break;
    try {
      mustBeSmall(ports, dims);
      const feeds = randomFeeds(ports, { seed: seed + 1, dims, bounds });
      const start = performance.now();
      const outputs = await session.run(feeds);
      references.push({ feeds, outputs, milliseconds: performance.now() - start });
    } catch (thrown) {
      failure = LapidaryError.from(thrown);
      if (failure.code === 'cancelled' || failure.code === 'internal') throw failure;
    }
  }
  if (references.length === 0 && failure) throw failure;
  if (failure) context.log(`Outputs are not compared at every size: ${failure.message}`);
  return references;
}

/** Throws `unsupported` for inputs that would take longer to make than the rest of the pass. */
function mustBeSmall(ports: readonly PortInfo[], dims: Readonly<Record<string, number>>): void {
  for (const { name, shape } of ports) {
    const size = (shape ?? []).reduce<number>((product, dim) => product * Number(dims[dim] ?? dim), 1);
    if (size <= mostElements) continue;
    throw new LapidaryError('unsupported', `Input "${name}" has ${size} elements.`, { tensor: name });
  }
}

/** Unknown dimensions get a symbol each: they need not be equal. */
function nameUnknown(port: PortInfo): PortInfo {
  return { ...port, shape: port.shape?.map((dim, axis) => (dim === '' ? `${port.name}\0${axis}` : dim)) };
}

/** Bindings of the dynamic dimensions to try, in this order. */
function sizesOf(ports: readonly PortInfo[], given: PassContext['dims']): Record<string, number>[] {
  const symbols = new Set<string>();
  const [leading, trailing] = [new Set<string>(), new Set<string>()];
  for (const { shape } of ports) {
    shape?.forEach((dim, axis) => {
      if (typeof dim !== 'string') return;
      symbols.add(dim);
      if (axis === 0) leading.add(dim);
      else if (axis === shape.length - 1) trailing.add(dim);
    });
  }
  if (symbols.size === 0) return [{}, {}];
  const sizes = [...larger, ...(isSignal(ports) ? longer : [])];
  const bind = (size: (symbol: string, index: number) => number): Record<string, number> =>
    Object.fromEntries([...symbols].map((symbol, index) => [symbol, size(symbol, index)]));
  return [
    ...(given && Object.keys(given).length > 0 ? [{ ...bind(() => 1), ...given }] : []),
    bind(() => 1),
    bind((_, index) => 2 + index),
    bind(() => 2),
    // The first dimension is mostly the batch, and so may be others: a large one would only cost time.
    ...sizes.flatMap((size) => [
      bind((symbol) => (leading.has(symbol) ? 2 : size)),
      bind((symbol) => (trailing.has(symbol) && !leading.has(symbol) ? size : 1)),
    ]),
  ];
}
