/** Seeded pseudo-random numbers: the same seed gives the same stream on every machine, which tests and reports rely on. */

/** Generator sfc32 (C. Doty-Humphrey, PractRand): 32-bit operations only, passes BigCrush. */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;
  private spare?: number;

  constructor(seed = 0) {
    this.a = seed | 0;
    this.b = (seed / 0x100000000) | 0;
    this.c = 0x9e3779b9 | 0;
    // The first dozen outputs still show the seed.
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** 32 random bits. */
  uint32(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + result;
    return result >>> 0;
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (this.uint32() / 0x100000000) * (high - low);
  }

  /** Whole number in [0, bound). */
  integer(bound: number): number {
    return Math.floor((this.uint32() / 0x100000000) * bound);
  }

  /** Normally distributed, by the polar method of Marsaglia. */
  normal(mean = 0, deviation = 1): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return mean + deviation * value;
    }
    let u: number, v: number, s: number;
    do {
      u = this.uniform(-1, 1);
      v = this.uniform(-1, 1);
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    this.spare = v * factor;
    return mean + deviation * u * factor;
  }

  /** `count` normal float32 values. */
  normals(count: number, mean = 0, deviation = 1): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.normal(mean, deviation);
    return values;
  }

  /** `count` uniform float32 values in [low, high). */
  uniforms(count: number, low = 0, high = 1): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.uniform(low, high);
    return values;
  }

  /** Shuffles in place (Fisher–Yates) and returns the array. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}
