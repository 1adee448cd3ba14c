import { printValue } from "./print-value.ts";

/** Writes values as a format of Go's Printf says: `%s`, `%v`, `%d`, `%q`, `%t`, `%f`, `%x` with widths, and `%%`. */
export function printFormatted(format: string, values: readonly unknown[]): string {
  const left = [...values];
  const written = format.replaceAll(/%([-+0]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (verb, ...groups) => {
    const [flags, width, precision, kind] = groups as [string, string, string | undefined, string];
    if (kind === "%") return "%";
    if (left.length === 0) return `%!${kind}(MISSING)`;
    const shown = printVerb(kind, left.shift(), precision);
    if (shown === undefined) return verb;
    const size = Number(width || 0);
    if (flags.includes("-")) return shown.padEnd(size);
    return shown.padStart(size, flags.includes("0") ? "0" : " ");
  });
  return left.length === 0 ? written : `${written}%!(EXTRA ${left.map(printValue).join(", ")})`;
}

function printVerb(kind: string, value: unknown, precision: string | undefined): string | undefined {
  switch (kind) {
    case "s":
    case "v":
      return precision === undefined ? printValue(value) : [...printValue(value)].slice(0, Number(precision)).join("");
    case "q":
      return JSON.stringify(printValue(value));
    case "t":
      return printValue(value);
    case "d":
      return String(Math.trunc(Number(value)));
    case "f":
      return Number(value).toFixed(precision === undefined ? 6 : Number(precision));
    case "x":
      return typeof value === "number" ? value.toString(16) : Buffer.from(printValue(value)).toString("hex");
    default:
      return undefined;
  }
}
