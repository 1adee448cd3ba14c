import type { Step } from "@strake/core";

type Without<T> = T extends unknown ? Omit<T, "input" | "site"> : never;

/** A statement that has no place in a definition yet. */
export type NewStep = Without<Step>;
