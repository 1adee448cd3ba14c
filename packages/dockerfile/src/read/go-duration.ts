const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Reads a duration in Go's notation, such as `1m30s`; in nanoseconds, or undefined where it is none. */
export function readGoDuration(text: string): number | undefined {
  const found = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (found === null) return undefined;
  let total = 0;
  for (const [, number, unit] of (found[2] as string).matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    total += Number(number) * (units[unit as string] as number);
  }
  return Math.round(found[1] === "-" ? -total : total);
}
