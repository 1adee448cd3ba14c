import { jsonProgress } from "./json-progress.ts";
import { plainProgress } from "./plain-progress.ts";
import type { Progress, ProgressMode, ProgressStream } from "./progress.ts";
import { makeStyle, wantsColour } from "./style.ts";
import { ttyProgress } from "./tty-progress.ts";

/** Picks the view for a mode: `auto` is live on a terminal that can be drawn on, and plain otherwise. */
export function startProgress(
  mode: ProgressMode,
  stream: ProgressStream,
  environment: Readonly<Record<string, string | undefined>>,
): Progress {
  if (mode === "quiet") return { handle() {}, end() {} };
  if (mode === "json") return jsonProgress(stream);
  const live = mode === "auto" && stream.isTTY === true && environment.TERM !== "dumb";
  return live ? ttyProgress(stream, makeStyle(wantsColour(stream, environment))) : plainProgress(stream);
}
