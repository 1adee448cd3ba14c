import { usageError } from "../usage-error.ts";

/** What containers can be chosen by. */
export const containerKeys = ["name", "id", "status", "exited", "ancestor", "label"] as const;
/** What the command of a container can be doing. */
export const containerStates = ["running", "exited", "dead"] as const;

/** One `--filter` of `strake ps`. */
export interface ContainerFilter {
  readonly key: (typeof containerKeys)[number];
  readonly value: string;
}

/**
 * Reads a filter.
 *
 * @throws StrakeError `usage`
 */
export function parseContainerFilter(text: string): ContainerFilter {
  const at = text.indexOf("=");
  const key = containerKeys.find((each) => each === text.slice(0, Math.max(0, at)));
  if (key === undefined)
    throw usageError(`--filter ${text}: expected one of ${containerKeys.map((each) => `${each}=`).join(", ")}`);
  const value = text.slice(at + 1);
  if (key === "status" && !containerStates.some((state) => state === value)) {
    throw usageError(`--filter ${text}: a container is one of ${containerStates.join(", ")}`);
  }
  return { key, value };
}
