/** What a server asks for before it answers (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By lower-case names. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Parses a `WWW-Authenticate` header, which may hold several challenges; what makes no sense is left out. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const item of splitOutsideQuotes(header)) {
    const [, scheme, rest] = /^([!#$%&'*+.^_`|~\w-]+)(?:\s+(?!=)(.*))?$/s.exec(item) ?? [];
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*)$/s.exec(rest ?? item) ?? [];
    const current = challenges.at(-1);
    if (current === undefined || name === undefined || value === undefined) continue;
    current.parameters[name.toLowerCase()] = unquote(value);
  }
  return challenges;
}

function splitOutsideQuotes(text: string): readonly string[] {
  const items = text.match(/(?:"(?:\\.|[^"\\])*"?|[^",])+/gs) ?? [];
  return items.map((item) => item.trim()).filter((item) => item !== "");
}

function unquote(text: string): string {
  const quoted = /^"((?:\\.|[^"\\])*)"?$/s.exec(text.trim());
  return quoted === null ? text.trim() : (quoted[1] ?? "").replace(/\\(.)/gs, "$1");
}
