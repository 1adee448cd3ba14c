import { drawProgress, drawSummary, type Frame } from "./draw-progress.ts";
import type { Progress, ProgressStream, ProgressVerbs } from "./progress.ts";
import { advanceProgress, beginProgress } from "./progress-state.ts";
import { oneLine, type Style, withoutControlCodes } from "./style.ts";

/** Milliseconds between two drawings. */
const interval = 100;

const csi = "\u001b[";
const hideCursor = `${csi}?25l`;
const showCursor = `${csi}?25h`;
// Lines are cut to the terminal's width, but some characters are wider than others: nothing may wrap.
const noWrap = `${csi}?7l`;
const wrap = `${csi}?7h`;

/**
 * Draws a build live at the bottom of a terminal, and its summary when it ends.
 *
 * Nothing is drawn before a tenth of a second has passed, so a build that finds everything done does not flicker.
 */
export function ttyProgress(stream: ProgressStream, style: Style, verbs?: ProgressVerbs): Progress {
  let state = beginProgress(performance.now());
  let drawn = 0;
  let live = true;
  let hidden = false;

  const frame = (): Frame => {
    return {
      columns: stream.columns || 80,
      rows: stream.rows || 24,
      now: performance.now(),
      style,
      ...(verbs && { verbs }),
    };
  };
  const replace = (lines: readonly string[]) => {
    const up = drawn > 0 ? `\r${csi}${drawn}A` : "";
    stream.write(up + lines.map((line) => `${line}${csi}K\n`).join("") + `${csi}J`);
  };
  /** A line that stays; it may be longer than the terminal is wide. */
  const say = (line: string) => {
    if (hidden) stream.write(wrap);
    replace([line]);
    if (hidden) stream.write(noWrap);
    drawn = 0;
  };
  const draw = () => {
    if (state.steps.size === 0) return;
    if (!hidden) stream.write(hideCursor + noWrap);
    hidden = true;
    const lines = drawProgress(state, frame());
    replace(lines);
    drawn = lines.length;
  };
  const restore = () => {
    if (hidden) stream.write(wrap + showCursor);
    hidden = false;
  };

  const timer = setInterval(draw, interval);
  timer.unref();
  stream.on?.("resize", draw);
  // A process that ends in the middle must not leave a terminal without a cursor.
  process.on("exit", restore);

  return {
    handle(event) {
      if (!live) return;
      state = advanceProgress(state, event, performance.now());
      if (event.type === "warning") say(style.yellow(`WARNING: ${withoutControlCodes(oneLine(event.message))}`));
      if (event.type === "note") say(withoutControlCodes(oneLine(event.message)));
    },
    end() {
      if (!live) return;
      live = false;
      clearInterval(timer);
      stream.off?.("resize", draw);
      process.off("exit", restore);
      if (state.steps.size > 0 || state.exports.length > 0) replace(drawSummary(state, frame()));
      restore();
    },
  };
}
