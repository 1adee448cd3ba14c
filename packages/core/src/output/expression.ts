import type { CallSite } from "../graph/call-site.ts";

/** An image that has outputs; every node of a definition is one. */
export interface OutputOwner {
  readonly site: CallSite;
}

/**
 * What can be known of an image once it exists.
 *
 * `id` is the digest of its config, `digest` that of its manifest, `reference` its first name with that digest.
 */
export type OutputProperty = "id" | "digest" | "reference";

/** How the value of an output comes about; plain data but for the functions given to `apply`. */
export type Expression =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "property"; readonly owner: OutputOwner; readonly property: OutputProperty }
  /** The value that an ENV or ARG name has at the place where the expression is used. */
  | { readonly kind: "variable"; readonly name: string; readonly otherwise?: string }
  /** What the build is given under a name, else the default. */
  | { readonly kind: "argument"; readonly name: string; readonly default?: TextValue }
  | { readonly kind: "concat"; readonly parts: readonly Expression[] }
  | { readonly kind: "apply"; readonly input: Expression; readonly change: (value: never) => unknown };

/** A string as an author gives it: written out, or an expression that ends in one. */
export type TextValue = string | Expression;
