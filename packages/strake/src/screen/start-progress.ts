import { jsonProgress } from "./json-progress.ts";
import { plainProgress } from "./plain-progress.ts";
import { type BuildProgressMode, isLive, type Progress, type ProgressStream, type ProgressVerbs } from "./progress.ts";
import { rawJsonProgress } from "./raw-json-progress.ts";
import { makeStyle, wantsColour } from "./style.ts";
import { ttyProgress } from "./tty-progress.ts";

/** Picks the view for a mode: `auto` is live on a terminal that can be drawn on, and plain otherwise. */
export function startProgress(
  mode: BuildProgressMode,
  stream: ProgressStream,
  environment: Readonly<Record<string, string | undefined>>,
  verbs?: ProgressVerbs,
): Progress {
  if (mode === "quiet") return { handle() {}, end() {} };
  if (mode === "json") return jsonProgress(stream);
  if (mode === "rawjson") return rawJsonProgress(stream);
  if (mode === "plain" || !isLive(stream, environment)) return plainProgress(stream);
  return ttyProgress(stream, makeStyle(wantsColour(stream, environment)), verbs);
}
