/** The word that ends a heredoc of this text: `EOF`, or the first of `EOF1`, `EOF2`, … that no line of it is. */
export function heredocDelimiter(text: string): string {
  const lines = new Set(text.split("\n"));
  for (let number = 0; ; number++) {
    const word = number === 0 ? "EOF" : `EOF${number}`;
    if (!lines.has(word)) return word;
  }
}
