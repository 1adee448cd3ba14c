/** Makes a record with one value set, or left out where the value is undefined; records on the way are made. */
export function withValue(record: unknown, [key = "", ...rest]: readonly string[], value: unknown): object {
  const { [key]: old, ...others } = (record ?? {}) as Readonly<Record<string, unknown>>;
  const inner = rest.length === 0 ? value : withValue(old, rest, value);
  return inner === undefined ? others : { ...(record ?? {}), [key]: inner };
}
