/** Families of passes: one menu entry each, such as "Quantize Model…", behind which the passes are chosen. */
import { type PassDeclaration } from '../pass/declaration';
import { declarations, type PassId } from '../passes/declarations';

/** A family of passes. */
export type Family = PassDeclaration['family'];

/** What the menu says for a family that has several passes, in the order of the menu. */
const titles: Readonly<Record<Family, string>> = {
  quantize: 'Quantize Model…',
  prune: 'Prune Model…',
  factorize: 'Factorize Model…',
  simplify: 'Simplify Model…',
  convert: 'Convert Model…',
};

/** A family that has at least one pass. */
export interface FamilyEntry {
  readonly family: Family;
  /** The only pass's own name, or the family's. */
  readonly title: string;
  readonly passes: readonly PassId[];
}

/** The families of these declarations in menu order; those without a pass are left out. */
export function familiesOf(all: Readonly<Record<string, PassDeclaration>> = declarations): readonly FamilyEntry[] {
  return (Object.keys(titles) as Family[]).flatMap((family) => {
    const members = Object.values(all).filter((declaration) => declaration.family === family);
    const [first] = members;
    if (!first) return [];
    const title = members.length === 1 ? commandTitle(first) : titles[family];
    return [{ family, title, passes: members.map(({ id }) => id as PassId) }];
  });
}

/** What a menu says for one pass; the dots tell that options are asked for first. */
export const commandTitle = (declaration: PassDeclaration): string => `${declaration.title}…`;
