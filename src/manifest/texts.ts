/** English texts of package.json, kept in package.nls.json so that they can be translated. */

/** Collects texts by key and gives the placeholders that stand for them in package.json. */
export class Texts {
  private readonly byKey = new Map<string, string>();

  /** Keeps a text and gives its placeholder. */
  add(key: string, text: string): string {
    const known = this.byKey.get(key);
    if (known !== undefined && known !== text) throw new Error(`Two texts share the key ${key}`);
    this.byKey.set(key, text);
    return `%${key}%`;
  }

  /** Everything that was added, ready for package.nls.json. */
  toJson(): Record<string, string> {
    return Object.fromEntries(this.byKey);
  }
}
