/** Query parameters of the distribution and token protocols that say what is asked for, and nothing secret. */
const plainParameters = new Set(["service", "scope", "n", "last", "mount", "from", "digest", "ns", "artifactType"]);

/**
 * Writes an address without what may be secret in it.
 *
 * User and password are left out, and so is the value of every query parameter that the protocols do not name: stores
 * behind a registry sign their addresses there. Percent signs of the scope and digest are undone, to be read.
 */
export function redactUrl(url: URL): string {
  const query = [...url.searchParams].map(
    ([name, value]) => `${name}=${plainParameters.has(name) ? value : "REDACTED"}`,
  );
  return plainText(
    `${url.protocol}//${url.host}${url.pathname}${query.length === 0 ? "" : `?${query.join("&")}`}`,
    500,
  );
}

/**
 * Makes text that came from outside fit for a message: one line, no control codes, no credentials, a bounded length.
 *
 * @param length the most characters that are kept
 */
export function plainText(text: string, length = 300): string {
  const line = text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, " ")
    .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, "$1 REDACTED")
    .replace(/\/\/[^/@\s]+@/g, "//")
    .trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
