import type { Reason } from "@strake/engine";

/** Says in words why a step has to be done. */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case "new":
      return "not built here before";
    case "asked":
      return "to be done anew, as --no-cache or --no-cache-filter says";
    case "removed":
      return "built before, and no longer in the store";
    case "below":
      return "what it stands on has changed";
    case "file":
      return describeFile(reason.change, reason.path || ".");
    case "statement":
      return `${nameOf(reason.path)}: ${show(reason.before)} → ${show(reason.after)}`;
  }
}

function describeFile(change: string, path: string): string {
  if (change === "added") return `+ ${path}`;
  if (change === "removed") return `- ${path}`;
  return `~ ${path} (${change})`;
}

function nameOf(path: string): string {
  return path.replace(/^actions\.\d+\./, "");
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" ? value : JSON.stringify(value);
}
