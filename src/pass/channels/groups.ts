/** Sets of channels that are scaled together: what some layers or norms make and other layers read. */
import { type ChannelClasses } from './classes';
import { type Operand, type Side, type Trace } from './trace';

/** A side of a layer, with the class of each channel by its root. */
export interface GroupSide extends Side {
  readonly roots: Int32Array;
}

/** Channels that one set of layers or norms makes and a set of layers reads. */
export interface Group {
  /** Roots of its classes that may be scaled. */
  readonly classes: readonly number[];
  readonly makers: readonly GroupSide[];
  readonly readers: readonly GroupSide[];
  /** Scales and shifts of norms that make some of the channels. */
  readonly norms: readonly Operand[];
}

interface Members {
  readonly classes: number[];
  readonly makers: GroupSide[];
  readonly readers: GroupSide[];
  readonly norms: Operand[];
}

/** Sets of channels that may be scaled, each made by something and read by a layer. */
export function groupsOf({ classes, producers, consumers, norms }: Trace): Group[] {
  const rooted = (side: Side): GroupSide => ({ ...side, roots: rootsOf(classes, side.ids) });
  const makers = producers.map(rooted);
  const readers = consumers.filter(({ ids }) => ids.length > 0).map(rooted);
  const factors = norms.map((norm) => ({ norm, roots: rootsOf(classes, norm.ids) }));
  const membership = new Membership();
  for (const { roots } of [...makers, ...readers, ...factors]) membership.join(roots);
  for (const side of makers) membership.of(side.roots).makers.push(side);
  for (const side of readers) membership.of(side.roots).readers.push(side);
  for (const { norm, roots } of factors) membership.of(roots).norms.push(norm);
  const made = new Set([...makers, ...factors].flatMap(({ roots }) => Array.from(roots)));
  return membership.all().flatMap((members) => {
    const free = members.classes.filter((root) => !classes.whyFrozen(root) && made.has(root));
    return members.readers.length > 0 && free.length > 0 ? [{ ...members, classes: free }] : [];
  });
}

/** The root of each class. */
export const rootsOf = (classes: ChannelClasses, ids: Int32Array): Int32Array => ids.map((id) => classes.find(id));

/** Classes that one side of a layer holds belong together, whatever else holds some of them. */
class Membership {
  private readonly members = new Map<number, Members>();
  private readonly keys = new Map<number, number>();

  join(roots: Int32Array): void {
    const joined = new Set(Array.from(roots, (root) => this.keys.get(root)).filter((key) => key !== undefined));
    const [target = roots[0]!] = joined;
    const members = this.members.get(target) ?? { classes: [], makers: [], readers: [], norms: [] };
    this.members.set(target, members);
    const add = (root: number): void => {
      this.keys.set(root, target);
      members.classes.push(root);
    };
    for (const key of joined) {
      if (key === target) continue;
      this.members.get(key)!.classes.forEach(add);
      this.members.delete(key);
    }
    for (const root of roots) if (!this.keys.has(root)) add(root);
  }

  of(roots: Int32Array): Members {
    return this.members.get(this.keys.get(roots[0]!)!)!;
  }

  all(): Members[] {
    return [...this.members.values()];
  }
}
