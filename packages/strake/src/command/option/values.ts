/** The environment, for options that take their value from it. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What commander read, by the names of the options. */
export type Values = Readonly<Record<string, unknown>>;

/** A member for an option that was given. */
export function optional<Name extends string>(name: Name, value: unknown): { readonly [Key in Name]?: string } {
  return (typeof value === "string" ? { [name]: value } : {}) as { readonly [Key in Name]?: string };
}
