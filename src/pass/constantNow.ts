/** What passes say of weights that they take for constants although the model lets its callers replace them. */

/** A note for so many weights that were listed as inputs; none for none. */
export function constantNowNotes(count: number): string[] {
  if (count === 0) return [];
  const who = 'that a caller may override';
  return count === 1
    ? [`A weight was listed as an input ${who}; it is constant now.`]
    : [`${count} weights were listed as inputs ${who}; they are constant now.`];
}
