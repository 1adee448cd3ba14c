import type { BuildEvent } from "@strake/core";

/** The values of `--progress`. */
export const progressModes = ["auto", "plain", "json", "quiet"] as const;

export type ProgressMode = (typeof progressModes)[number];

/** Those of a build, which can be told in BuildKit's form too. */
export const buildProgressModes = ["auto", "plain", "json", "rawjson", "quiet"] as const;

export type BuildProgressMode = (typeof buildProgressModes)[number];

/** A view of a running build. */
export interface Progress {
  handle(event: BuildEvent): void;
  /** Ends the view and leaves the terminal as it was found; may be called more than once. */
  end(): void;
}

/** Where a view is drawn: standard error, or what stands for it. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

/** What is said at the head of a live view. */
export interface ProgressVerbs {
  readonly running: string;
  readonly done: string;
}

/** Whether a stream is a terminal that can be drawn on. */
export function isLive(stream: ProgressStream, environment: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && environment.TERM !== "dumb";
}
