/** Which of two models is the one before, and which others come to mind for a model. Knows no vscode. */
import path from 'node:path';

const stem = (file: string): string => path.basename(file).replace(/\.onnx$/i, '');

/** True when `longer` is named as something made from `shorter`: "model.int8" from "model". */
function isMadeFrom(longer: string, shorter: string): boolean {
  return longer.length > shorter.length && longer.startsWith(shorter) && /^[._-]/.test(longer.slice(shorter.length));
}

/** Before and after: what a model was made from comes first, else the one that was named first. */
export function inOrder<T>(first: T, second: T, pathOf: (model: T) => string): readonly [before: T, after: T] {
  return isMadeFrom(stem(pathOf(first)), stem(pathOf(second))) ? [second, first] : [first, second];
}

/** The other models, those first that were probably made from this one or the other way round, then its neighbours. */
export function candidates<T>(model: T, all: readonly T[], pathOf: (model: T) => string): readonly T[] {
  const own = pathOf(model);
  const rank = (other: string): number => {
    const isNeighbour = path.dirname(other) === path.dirname(own);
    const [a, b] = [stem(own), stem(other)];
    const isKin = isMadeFrom(a, b) || isMadeFrom(b, a);
    return isKin && isNeighbour ? 0 : isKin ? 1 : isNeighbour ? 2 : 3;
  };
  const others = all.filter((other) => pathOf(other) !== own);
  return others.sort((a, b) => rank(pathOf(a)) - rank(pathOf(b)));
}
