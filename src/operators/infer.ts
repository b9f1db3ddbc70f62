/** Type and shape inference of a whole model, with dynamic dimensions as symbols. */
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';
import { type Node } from '../graph/node';
import { Expression } from '../graph/expression';
import { type Dim, type Shape, type ValueType } from '../graph/shape';
import { type Value } from '../graph/value';
import { LapidaryError } from '../protocol/errors';
import { type Warning } from '../protocol/report';
import { type Fact, type PartialContents } from './definition';
import { Engine } from './engine';
import { type SymbolInfo, SymbolTable } from './symbols';

/** What a person may fix before inference. */
export interface InferOptions {
  /** Numbers for symbols, by name: `{ batch: 4 }`. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Whole shapes of inputs, by name: `{ image: [1, 3, 224, 224] }`; a dynamic dim there binds its symbol. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
}

/** What inference found out. Values are looked up by identity: also those inside bodies. */
export interface Inference {
  typeOf(value: Value): ValueType | undefined;
  /** Shape of a tensor value; undefined when even the rank is unknown. */
  shapeOf(value: Value): Shape | undefined;
  /** What is known of the contents of a small value. */
  contentsOf(value: Value): PartialContents | undefined;
  /** The body of a model function as inferred for this call; undefined for any other node. */
  calledBody(node: Node): Graph | undefined;
  /** Every symbol that appears, with the number it was bound to. */
  readonly symbols: readonly SymbolInfo[];
  readonly warnings: readonly Warning[];
}

/**
 * Infers types, shapes and small contents of every value. Never throws for a valid model: what cannot be known stays
 * unknown, what contradicts itself becomes a warning. Throws `usage` when `options` do not fit the model's inputs.
 */
export function inferModel(model: Model, options: InferOptions = {}): Inference {
  const symbols = new SymbolTable(new Map(Object.entries(options.dims ?? {})));
  const engine = new Engine(model, symbols);
  const runtimeInputs = model.graph.inputs.filter((value) => !value.constant);
  const fixed = fixedShapes(runtimeInputs, options, symbols);
  const facts = new Map<Value, Fact>();
  for (const value of runtimeInputs) facts.set(value, { type: inputType(value, fixed.get(value.name), symbols) });
  engine.run(facts);
  mustKnow(options.dims ?? {}, symbols);
  return {
    typeOf: (value) => engine.factOf(value).type,
    shapeOf: (value) => {
      const { type } = engine.factOf(value);
      return type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.shape : undefined;
    },
    contentsOf: (value) => engine.contentsOf(value),
    calledBody: (node) => engine.calls.get(node),
    symbols: symbols.all(),
    warnings: engine.warnings,
  };
}

/** A misspelt symbol would silently leave the real one free. */
function mustKnow(dims: Readonly<Record<string, number>>, symbols: SymbolTable): void {
  const names = symbols.all().map((symbol) => symbol.name);
  for (const name of Object.keys(dims)) {
    if (names.includes(name)) continue;
    const hint = names.length > 0 ? `Its dynamic dimensions are: ${names.join(', ')}.` : 'It has none.';
    throw new LapidaryError('usage', `The model has no dynamic dimension "${name}".`, { hint });
  }
}

/** Checks the shapes that were asked for and binds the symbols that they fix. */
function fixedShapes(
  inputs: readonly Value[],
  options: InferOptions,
  symbols: SymbolTable,
): ReadonlyMap<string, readonly number[]> {
  const fixed = new Map(Object.entries(options.inputShapes ?? {}));
  for (const [name, shape] of fixed) {
    const input = inputs.find((value) => value.name === name);
    if (!input) {
      const hint = `The inputs are: ${inputs.map((value) => value.name).join(', ') || 'none'}.`;
      throw new LapidaryError('usage', `The model has no input "${name}".`, { tensor: name, hint });
    }
    const declared = input.type?.kind === 'tensor' ? input.type.shape : undefined;
    declared?.forEach((dim, axis) => bindFrom(input, dim, shape, axis, symbols));
  }
  return fixed;
}

function bindFrom(input: Value, dim: Dim, shape: readonly number[], axis: number, symbols: SymbolTable): void {
  const given = shape[axis];
  const declared = input.type?.kind === 'tensor' ? input.type.shape?.length : undefined;
  const fail = (why: string): never => {
    const hint = 'Give the shape that the model declares, with numbers for its dynamic dimensions.';
    throw new LapidaryError('usage', `Shape ${shape.join('x')} does not fit: ${why}.`, { tensor: input.name, hint });
  };
  if (given === undefined || shape.length !== declared) return fail(`the input has ${declared} dimensions`);
  const known = symbols.resolve(dim);
  if (typeof known === 'number') {
    if (known !== given) fail(`axis ${axis} is ${known}`);
  } else if (known?.symbolName !== undefined && !symbols.bind(known.symbolName, given)) {
    fail(`dimension "${known.symbolName}" has another value elsewhere`);
  }
}

function inputType(value: Value, fixed: readonly number[] | undefined, symbols: SymbolTable): ValueType | undefined {
  const { type } = value;
  if (type?.kind !== 'tensor' && type?.kind !== 'sparse-tensor') return symbols.resolveType(type);
  if (fixed) return { ...type, shape: [...fixed] };
  return { ...type, shape: type.shape?.map((dim, axis) => inputDim(value, dim, axis, symbols)) };
}

/** A dynamic dimension of an input becomes a symbol, named `<input>_<axis>` when the file gives no name. */
function inputDim(value: Value, dim: Dim, axis: number, symbols: SymbolTable): Dim {
  if (typeof dim === 'number' && dim >= 0) return dim;
  const known = symbols.resolve(dim);
  if (known === null) return symbols.use(`${value.name}_${axis}`, 'input');
  if (dim instanceof Expression) for (const name of dim.symbols()) symbols.use(name, 'input');
  return known;
}
