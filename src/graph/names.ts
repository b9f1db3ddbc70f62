/** The names of values in a graph and in all graphs inside it: ONNX has one name space for them. */
export class Names {
  private readonly taken = new Set<string>();
  /** Where to go on counting for each base, so that a thousand names of one base take a thousand steps. */
  private readonly nextSuffix = new Map<string, number>();

  /** Marks a name as used; a name that becomes free stays taken, which only costs a suffix. */
  claim(name: string): void {
    this.taken.add(name);
  }

  has(name: string): boolean {
    return this.taken.has(name);
  }

  /** `base`, or `base_1`, `base_2` …, whichever is free first; it is taken then. */
  unique(base: string): string {
    let name = base;
    let suffix = this.nextSuffix.get(base) ?? 1;
    for (; this.taken.has(name); suffix++) name = `${base}_${suffix}`;
    this.nextSuffix.set(base, suffix);
    this.taken.add(name);
    return name;
  }
}
