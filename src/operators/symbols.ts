/** The symbols of a model: where each dynamic dimension comes from, what it is bound to, and fresh ones. */
import { Expression } from '../graph/expression';
import { canonicalDim, type Dim, type Shape, type ValueType } from '../graph/shape';

/** One named dimension. */
export interface SymbolInfo {
  readonly name: string;
  /** `input`: a dynamic dimension of a graph input. `data`: only running tells. `declared`: named in the file alone. */
  readonly source: 'input' | 'data' | 'declared';
  /** The number it was bound to; undefined while it is free. */
  readonly value?: number;
}

/** Names that exporters write for "no name": they do not say that two dimensions are equal. */
const anonymous = new Set(['', '?', '-1', 'None', 'unk', 'Unknown']);

/** Collects symbols and replaces the bound ones. */
export class SymbolTable {
  private readonly known = new Map<string, SymbolInfo>();
  private readonly bound = new Map<string, number>();

  constructor(bindings: ReadonlyMap<string, number>) {
    for (const [name, value] of bindings) this.bound.set(name, value);
  }

  /** Every symbol met so far, in the order of appearance. */
  all(): readonly SymbolInfo[] {
    return [...this.known.values()];
  }

  /** Where a symbol comes from; undefined for a name never met. */
  sourceOf(name: string): SymbolInfo['source'] | undefined {
    return this.known.get(name)?.source;
  }

  /** Binds a name for the rest of the inference; false when it is bound to something else already. */
  bind(name: string, value: number): boolean {
    const before = this.bound.get(name);
    if (before !== undefined) return before === value;
    this.bound.set(name, value);
    return true;
  }

  /** A symbol of this name, or its number when it is bound. */
  use(name: string, source: SymbolInfo['source']): Dim {
    const value = this.bound.get(name);
    if (!this.known.has(name)) this.known.set(name, { name, source, value });
    return value ?? Expression.symbol(name);
  }

  /** A symbol that nobody has used: `base`, or `base_1`, `base_2` …; its number when the caller fixed it. */
  fresh(base: string): Expression {
    let name = base;
    for (let suffix = 1; this.known.has(name); suffix++) name = `${base}_${suffix}`;
    const value = this.bound.get(name);
    this.known.set(name, { name, source: 'data', value });
    return value === undefined ? Expression.symbol(name) : Expression.of(value);
  }

  /** A declared dimension with bound symbols replaced and nameless ones unknown. */
  resolve(dim: Dim): Dim {
    if (dim === null || typeof dim === 'number') return dim === null || dim < 0 ? null : dim;
    const name = dim.symbolName;
    if (name !== undefined && anonymous.has(name)) return null;
    return this.bound.size === 0 ? dim : canonicalDim(dim.substitute(this.bound));
  }

  /** A declared shape, resolved. */
  resolveShape(shape: Shape | undefined): Shape | undefined {
    return shape?.map((dim) => this.resolve(dim));
  }

  /** A declared type, resolved all the way down. */
  resolveType(type: ValueType | undefined): ValueType | undefined {
    if (!type) return undefined;
    switch (type.kind) {
      case 'tensor':
      case 'sparse-tensor':
        return type.shape ? { ...type, shape: this.resolveShape(type.shape) } : type;
      case 'sequence':
      case 'optional':
        return { ...type, element: this.resolveType(type.element) };
      case 'map':
        return { ...type, value: this.resolveType(type.value) };
      case 'opaque':
        return type;
    }
  }
}
