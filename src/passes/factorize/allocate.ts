/**
 * Spends a budget on many layers: each step goes where it costs the least error for what it saves (Lagrangian allocation
 * on the lower convex hulls; Shoham & Gersho 1988).
 */

/** One choice for a layer: what it saves and what it loses. */
export interface Choice {
  readonly saving: number;
  readonly loss: number;
}

/** Corners of the lower convex hull of a layer's choices from (0, 0) on: rising savings, rising loss for each unit. */
export function hullOf<T extends Choice>(choices: readonly T[]): T[] {
  const sorted = choices.filter(({ saving }) => saving > 0).sort((a, b) => a.saving - b.saving || a.loss - b.loss);
  const hull: T[] = [];
  for (const choice of sorted) {
    if (hull.at(-1)?.saving === choice.saving) continue;
    while (hull.length > 0 && slope(hull.at(-2), hull.at(-1)!) >= slope(hull.at(-1), choice)) hull.pop();
    if (hull.length > 0 || choice.loss >= 0) hull.push(choice);
  }
  return hull;
}

const slope = (from: Choice | undefined, to: Choice): number =>
  (to.loss - (from?.loss ?? 0)) / (to.saving - (from?.saving ?? 0));

/**
 * For every layer the choice to make (undefined: leave it), so that the savings reach `needed` at the least sum of
 * losses; everything that can be saved when that is not enough.
 */
export function allocate<T extends Choice>(layers: readonly (readonly T[])[], needed: number): (T | undefined)[] {
  const chosen: (T | undefined)[] = layers.map(() => undefined);
  if (needed <= 0) return chosen;
  const steps = layers.flatMap((choices, layer) => {
    const hull = hullOf(choices);
    return hull.map((choice, index) => ({ layer, choice, price: slope(hull[index - 1], choice) }));
  });
  steps.sort((a, b) => a.price - b.price);
  let saved = 0;
  for (const { layer, choice } of steps) {
    const others = saved - (chosen[layer]?.saving ?? 0);
    chosen[layer] = choice;
    saved = others + choice.saving;
    if (saved < needed) continue;
    // The last step may save more than is asked for: the cheapest that is enough.
    const enough = layers[layer]!.filter(({ saving }) => others + saving >= needed);
    chosen[layer] = enough.reduce((best, other) => (other.loss < best.loss ? other : best), choice);
    break;
  }
  const total = chosen.reduce((sum, choice) => sum + (choice?.saving ?? 0), 0);
  return total < needed ? chosen : givenBack(chosen, layers, total - needed);
}

/** Spends what was saved beyond the need on whatever lowers the losses most for it. */
function givenBack<T extends Choice>(
  chosen: readonly (T | undefined)[],
  layers: readonly (readonly T[])[],
  surplus: number,
): (T | undefined)[] {
  const better = [...chosen];
  for (let left = surplus; ;) {
    let best: { layer: number; choice: T | undefined; gain: number; price: number } | undefined;
    better.forEach((current, layer) => {
      if (!current) return;
      for (const choice of [undefined, ...layers[layer]!]) {
        const price = current.saving - (choice?.saving ?? 0);
        const gain = current.loss - (choice?.loss ?? 0);
        if (price <= left && gain > (best?.gain ?? 0)) best = { layer, choice, gain, price };
      }
    });
    if (!best) return better;
    better[best.layer] = best.choice;
    left -= best.price;
  }
}
