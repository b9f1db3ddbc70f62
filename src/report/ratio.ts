/**
 * A change in words: "3.7× smaller", "same", "1.2× slower". The direction is told apart from the words, so that a view
 * can mark what got worse and a translation can say it in another language. Pure.
 */
import { significant } from './format';
import { englishWords, fill, type ReportWords } from './words';

/** What a quantity is, which decides the words: bytes get smaller, a run gets faster, a cost gets less. */
export type Quantity = 'size' | 'time' | 'cost' | 'score';

/** Whether less is better is decided by the quantity: less of `size`, `time` and `cost`, more of `score`. */
export type Direction = 'better' | 'worse' | 'same';

/** A change and how to say it. */
export interface Change {
  readonly direction: Direction;
  /** Larger over smaller, at least 1; Infinity when one of them is zero. For `score`: the difference in points. */
  readonly factor: number;
  readonly words: string;
}

/** A difference below this share is called the same: it would read "0.0 % smaller". */
const sameBelow = { size: 0.0005, cost: 0.0005, time: 0.005 };
/** Below this factor one decimal says too little: "4.2 % smaller", not "1.0× smaller". */
const smallBelow = 1.1;

/** What happened to a quantity between two models. */
export function changeOf(before: number, after: number, quantity: Quantity, words: ReportWords = englishWords): Change {
  if (quantity === 'score') return scoreChange(before, after, words);
  if (before === after) return { direction: 'same', factor: 1, words: words.same };
  const direction = after < before ? 'better' : 'worse';
  if (before === 0) return { direction, factor: Infinity, words: words.added };
  if (after === 0) return { direction, factor: Infinity, words: words.none };
  const factor = Math.max(before / after, after / before);
  if (factor - 1 < sameBelow[quantity]) return { direction: 'same', factor, words: words.same };
  const [better, worse] = comparatives(quantity, words);
  return { direction, factor, words: fill(direction === 'better' ? better : worse, amount(before, after, quantity)) };
}

/** A share of right answers: a difference in points, since "1.01× better" would hide what matters. */
function scoreChange(before: number, after: number, words: ReportWords): Change {
  const points = (after - before) * 100;
  const text = Math.abs(points).toFixed(1);
  if (Number(text) === 0) return { direction: 'same', factor: points, words: words.same };
  const direction = points > 0 ? 'better' : 'worse';
  return { direction, factor: points, words: fill(words.points, `${points > 0 ? '+' : '−'}${text}`) };
}

function comparatives(quantity: 'size' | 'time' | 'cost', words: ReportWords): [better: string, worse: string] {
  if (quantity === 'size') return [words.smaller, words.larger];
  return quantity === 'time' ? [words.faster, words.slower] : [words.less, words.more];
}

/** "3.7×", "12×", "340×"; small changes of a size as a share of what was there ("4.2 %"), of a speed as "1.04×". */
function amount(before: number, after: number, quantity: Quantity): string {
  const factor = Math.max(before / after, after / before);
  if (factor >= 9.95) return `${significant(factor, factor < 99.5 ? 2 : 3)}×`;
  if (factor >= smallBelow) return `${factor.toFixed(1)}×`;
  if (quantity === 'time') return `${factor.toFixed(2)}×`;
  return `${significant((Math.abs(after - before) / before) * 100, 2)} %`;
}
