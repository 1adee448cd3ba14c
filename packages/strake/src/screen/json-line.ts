/** Prints a value as one line of JSON that is safe on a terminal. */
export function printJsonLine(value: unknown): string {
  // JSON escapes control codes up to U+001F itself; the others are as unwelcome on a terminal.
  return `${JSON.stringify(value).replaceAll(/[\u007f-\u009f]/g, escaped)}\n`;
}

function escaped(code: string): string {
  return `\\u${code.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
