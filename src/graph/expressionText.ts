/** How polynomials are written: `2*H*W - floor((H + 1)/2) + 3`. The text is canonical, so it serves as a key too. */

interface WrittenTerm {
  readonly coefficient: number;
  readonly atoms: readonly { readonly key: string }[];
}

/** Product of the atoms; '' for none. */
export function termKey(atoms: WrittenTerm['atoms']): string {
  return atoms.map((atom) => atom.key).join('*');
}

/** Sum of the terms in their order. */
export function formatTerms(terms: readonly WrittenTerm[]): string {
  if (terms.length === 0) return '0';
  const parts = terms.map(({ coefficient, atoms }, index) => {
    const body = termKey(atoms);
    const size = Math.abs(coefficient);
    const text = body === '' ? String(size) : size === 1 ? body : `${size}*${body}`;
    if (index === 0) return coefficient < 0 ? `-${text}` : text;
    return coefficient < 0 ? ` - ${text}` : ` + ${text}`;
  });
  return parts.join('');
}
