/** Declared against inferred types: which one to believe, and what two branches have in common. */
import { Expression } from '../graph/expression';
import { type Dim, sameDim, type Shape, type ValueType } from '../graph/shape';
import { elementTypeText } from '../report/elementType';
import { type SymbolTable } from './symbols';

/** A merged type, and what was contradictory about it. */
export interface Merged {
  readonly type: ValueType | undefined;
  readonly conflict?: string;
}

/**
 * The more precise of what inference says and what the file declares. Inference wins a contradiction; a declared name
 * stands in for a dimension that inference does not know or only made up a symbol for.
 */
export function mergeDeclared(
  inferred: ValueType | undefined,
  declared: ValueType | undefined,
  symbols: SymbolTable,
): Merged {
  if (!inferred || !declared) return { type: inferred ?? declared };
  if (inferred.kind !== declared.kind) {
    return { type: inferred, conflict: `is a ${inferred.kind}, but the file declares a ${declared.kind}` };
  }
  if (isTensor(inferred) && isTensor(declared)) return mergeTensor(inferred, declared, symbols);
  if (inferred.kind === 'map' || inferred.kind === 'opaque') return { type: inferred };
  if (isContainer(inferred) && isContainer(declared)) {
    const element = mergeDeclared(inferred.element, declared.element, symbols);
    return { type: { ...inferred, element: element.type }, conflict: element.conflict };
  }
  return { type: inferred };
}

type TensorLike = Extract<ValueType, { kind: 'tensor' | 'sparse-tensor' }>;
type Container = Extract<ValueType, { kind: 'sequence' | 'optional' }>;

function isTensor(type: ValueType): type is TensorLike {
  return type.kind === 'tensor' || type.kind === 'sparse-tensor';
}

function isContainer(type: ValueType): type is Container {
  return type.kind === 'sequence' || type.kind === 'optional';
}

function mergeTensor(inferred: TensorLike, declared: TensorLike, symbols: SymbolTable): Merged {
  if (inferred.dataType === 'undefined') return { type: { ...inferred, dataType: declared.dataType } };
  if (declared.dataType !== 'undefined' && inferred.dataType !== declared.dataType) {
    return {
      type: inferred,
      conflict: `has elements of ${elementTypeText(inferred.dataType)}, but the file says ${elementTypeText(declared.dataType)}`,
    };
  }
  if (!declared.shape) return { type: inferred };
  if (!inferred.shape) return { type: { ...inferred, shape: declared.shape } };
  if (inferred.shape.length !== declared.shape.length) {
    return {
      type: inferred,
      conflict: `has rank ${inferred.shape.length}, but the file says ${declared.shape.length}`,
    };
  }
  let conflict: string | undefined;
  const shape = inferred.shape.map((dim, axis) => {
    const said = declared.shape![axis]!;
    if (typeof dim === 'number' && typeof said === 'number' && dim !== said) {
      conflict = `has dimension ${dim} on axis ${axis}, but the file says ${said}`;
    }
    return mergeDim(dim, said, symbols);
  });
  return { type: { ...inferred, shape }, conflict };
}

function mergeDim(inferred: Dim, declared: Dim, symbols: SymbolTable): Dim {
  if (typeof inferred === 'number' || declared === null) return inferred;
  if (inferred === null) return named(declared, symbols);
  // A made-up symbol gives way; an expression over the model's own symbols is worth more than a stale number.
  const invented = [...inferred.symbols()].every((name) => symbols.sourceOf(name) === 'data');
  return invented ? named(declared, symbols) : inferred;
}

function named(declared: Dim, symbols: SymbolTable): Dim {
  if (!(declared instanceof Expression)) return declared;
  for (const name of declared.symbols()) symbols.use(name, 'declared');
  return declared;
}

/** What holds for both types: the result of an If whose branch is not known. */
export function commonType(a: ValueType | undefined, b: ValueType | undefined): ValueType | undefined {
  if (!a || !b || a.kind !== b.kind) return undefined;
  if (isTensor(a) && isTensor(b)) {
    if (a.dataType !== b.dataType) return undefined;
    return { ...a, shape: commonShape(a.shape, b.shape) };
  }
  if (isContainer(a) && isContainer(b)) return { ...a, element: commonType(a.element, b.element) };
  return a;
}

/** Dimensions that two shapes share; the others are unknown, and all are when the ranks differ. */
function commonShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b || a.length !== b.length) return undefined;
  return a.map((dim, axis) => (sameDim(dim, b[axis]!) ? dim : null));
}

/** True when two types say the same, unknown dimensions included. */
export function sameType(a: ValueType | undefined, b: ValueType | undefined): boolean {
  return typeKey(a) === typeKey(b);
}

/** Canonical text of a type: equal keys mean that inference cannot tell the types apart. */
export function typeKey(type: ValueType | undefined): string {
  if (!type) return '-';
  switch (type.kind) {
    case 'tensor':
    case 'sparse-tensor':
      return `${type.kind}(${type.dataType}${type.shape ? `[${type.shape.map(dimKey).join()}]` : ''})`;
    case 'sequence':
    case 'optional':
      return `${type.kind}(${typeKey(type.element)})`;
    case 'map':
      return `map(${type.key},${typeKey(type.value)})`;
    case 'opaque':
      return `opaque(${type.domain ?? ''},${type.name ?? ''})`;
  }
}

const dimKey = (dim: Dim): string => (dim === null ? '?' : dim.toString());
