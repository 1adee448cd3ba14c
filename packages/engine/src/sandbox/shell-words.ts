/** Quotes a value for `sh`, whatever is in it. */
export function quote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** The words of a command, quoted for `sh`. */
export function shellCommand(words: readonly string[]): string {
  return words.map(quote).join(" ");
}
