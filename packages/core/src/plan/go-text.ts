import type { Healthcheck } from "@strake/oci/document";

/** Writes strings as Go's `%q` does for a slice: `["a" "b"]`. */
export function goQuotedList(values: readonly string[]): string {
  return `[${values.map(goQuote).join(" ")}]`;
}

/** Writes a string as Go's `strconv.Quote` does. */
export function goQuote(text: string): string {
  let quoted = "";
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (character === '"' || character === "\\") quoted += `\\${character}`;
    else if (shortEscapes[character] !== undefined) quoted += shortEscapes[character];
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (/\p{C}|\p{Zl}|\p{Zp}|(?! )\p{Zs}/u.test(character)) {
      quoted += code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    } else quoted += character;
  }
  return `"${quoted}"`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Writes nanoseconds as Go's `time.Duration` prints: `1m30s`, `500ms`, `0s`. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = (nanoseconds % 60e9) / 1e9;
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}

/** Writes a healthcheck as Go's `%+v` does for Docker's struct, as BuildKit's history shows it. */
export function goHealthcheck(healthcheck: Healthcheck): string {
  const durations = (["Interval", "Timeout", "StartPeriod", "StartInterval"] as const).map(
    (name) => `${name}:${goDuration(healthcheck[name] ?? 0)}`,
  );
  return `{Test:[${(healthcheck.Test ?? []).join(" ")}] ${durations.join(" ")} Retries:${healthcheck.Retries ?? 0}}`;
}
