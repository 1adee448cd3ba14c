/** The environment, for options that take their value from it. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What commander read, by the names of the options. */
export type Values = Readonly<Record<string, unknown>>;

/** A member for an option that was given. */
export function optional<Name extends string>(name: Name, value: unknown): { readonly [Key in Name]?: string } {
  return (typeof value === "string" ? { [name]: value } : {}) as { readonly [Key in Name]?: string };
}

/** A member for an option that was given at least once. */
export function optionalList<Name extends string, T>(
  name: Name,
  values: readonly T[],
): { readonly [Key in Name]?: readonly T[] } {
  return (values.length === 0 ? {} : { [name]: values }) as { readonly [Key in Name]?: readonly T[] };
}
