/**
 * Sums of products in canonical order: highest degree first, then by the names of the atoms, the constant last, the way
 * a person writes a polynomial. Inference adds and multiplies millions of these, nearly all of one term.
 */
import { termKey } from './expressionText';

/** What is multiplied: identified by its canonical text. */
export interface KeyedAtom {
  readonly key: string;
}

/** A coefficient times a product of atoms, which are in the order of their keys; a power is a repetition. */
export interface ProductTerm<A extends KeyedAtom> {
  readonly coefficient: number;
  readonly atoms: readonly A[];
}

type Terms<A extends KeyedAtom> = readonly ProductTerm<A>[];

/** Terms of any order, with repetitions, in canonical form. */
export function canonicalTerms<A extends KeyedAtom>(terms: Terms<A>): Terms<A> {
  if (terms.length <= 1) return terms[0]?.coefficient === 0 ? [] : terms;
  const merged: ProductTerm<A>[] = [];
  for (const term of [...terms].sort(compareTerms)) {
    const last = merged[merged.length - 1];
    if (!last || compareTerms(last, term) !== 0) merged.push(term);
    else merged[merged.length - 1] = { coefficient: last.coefficient + term.coefficient, atoms: last.atoms };
  }
  return merged.filter(({ coefficient }) => coefficient !== 0);
}

/** The sum of two canonical sums. */
export function addTerms<A extends KeyedAtom>(left: Terms<A>, right: Terms<A>): Terms<A> {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const sum: ProductTerm<A>[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i]!, right[j]!];
    const order = compareTerms(a, b);
    if (order < 0) sum.push(a);
    else if (order > 0) sum.push(b);
    else if (a.coefficient + b.coefficient !== 0) {
      sum.push({ coefficient: a.coefficient + b.coefficient, atoms: a.atoms });
    }
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  while (i < left.length) sum.push(left[i++]!);
  while (j < right.length) sum.push(right[j++]!);
  return sum;
}

/** The product of two canonical sums. */
export function multiplyTerms<A extends KeyedAtom>(left: Terms<A>, right: Terms<A>): Terms<A> {
  const terms: ProductTerm<A>[] = [];
  for (const a of left) {
    for (const b of right) {
      terms.push({ coefficient: a.coefficient * b.coefficient, atoms: mergeAtoms(a.atoms, b.atoms) });
    }
  }
  return canonicalTerms(terms);
}

function mergeAtoms<A extends KeyedAtom>(left: readonly A[], right: readonly A[]): readonly A[] {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  return [...left, ...right].sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : 0));
}

function compareTerms<A extends KeyedAtom>(a: ProductTerm<A>, b: ProductTerm<A>): number {
  if (a.atoms === b.atoms) return 0;
  if (a.atoms.length !== b.atoms.length) return b.atoms.length - a.atoms.length;
  if (a.atoms.every((atom, index) => atom.key === b.atoms[index]!.key)) return 0;
  return termKey(a.atoms) < termKey(b.atoms) ? -1 : 1;
}
