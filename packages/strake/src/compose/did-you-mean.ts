/** Makes the note that offers the known name nearest to a mistaken one, if one is near: a list of one, or of none. */
export function didYouMean(mistaken: string, known: readonly string[]): readonly string[] {
  const most = Math.max(1, Math.floor(mistaken.length / 3));
  const near = known
    .map((name) => ({ name, distance: editDistance(mistaken.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((left, right) => left.distance - right.distance)[0];
  return near === undefined ? [] : [`Did you mean ${near.name}?`];
}

/** Counts insertions, removals, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let least = Math.min(
        rows[row - 1]![column]! + 1,
        current[column - 1]! + 1,
        rows[row - 1]![column - 1]! + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        least = Math.min(least, rows[row - 2]![column - 2]! + 1);
      }
      current.push(least);
    }
    rows.push(current);
  }
  return rows[left.length]![right.length]!;
}
