/**
 * Lays rows out in columns as docker does: each as wide as its widest cell and three spaces, and ten at least; the last
 * as it is.
 *
 * Every line ends with a line feed.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => {
    return Math.max(10, ...lines.map((cells) => [...(cells[column] ?? "")].length + 3));
  });
  return lines.map((cells) => `${formatRow(cells, widths)}\n`).join("");
}

function formatRow(cells: readonly string[], widths: readonly number[]): string {
  const last = cells.length - 1;
  return cells
    .map((cell, column) => (column === last ? cell : cell + " ".repeat(widths[column]! - [...cell].length)))
    .join("");
}

/** Shortens a text to a number of characters, the last of which then is an ellipsis. */
export function truncate(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
