/**
 * Finds the tags that are of the same shape as one and newer: `24.3-slim` for `24.1-slim`, and neither `24.3` nor `25`.
 *
 * Tags are of one shape when they differ in their numbers only. The newest is returned, after the newest that begins
 * with the same number where that is another one: `24.3-slim` and then `25.0-slim`. A tag without numbers, such as
 * `latest`, has no newer ones, and neither has one that looks like a commit.
 */
export function newerTags(tag: string, tags: readonly string[]): readonly string[] {
  const own = readTag(tag);
  if (own === undefined) return [];
  const newer = tags
    .flatMap((text) => {
      const read = readTag(text);
      return read !== undefined && read.shape === own.shape && compare(read.numbers, own.numbers) > 0
        ? [{ text, numbers: read.numbers }]
        : [];
    })
    .sort((left, right) => compare(right.numbers, left.numbers));
  const newest = newer[0];
  if (newest === undefined) return [];
  const near = newer.find(({ numbers }) => own.numbers.length > 1 && numbers[0] === own.numbers[0]);
  return near === undefined || near === newest ? [newest.text] : [near.text, newest.text];
}

interface ReadTag {
  /** The tag with each of its numbers replaced. */
  readonly shape: string;
  readonly numbers: readonly bigint[];
}

function readTag(tag: string): ReadTag | undefined {
  const commit = /(^|[-._])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}($|[-._])/.test(tag);
  const numbers = tag.match(/\d+/g);
  // Some dates with a time are longer than what a plain number holds.
  return commit || numbers === null ? undefined : { shape: tag.replace(/\d+/g, "#"), numbers: numbers.map(BigInt) };
}

function compare(left: readonly bigint[], right: readonly bigint[]): number {
  for (const [at, number] of left.entries()) {
    const other = right[at] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  return 0;
}
