import type { Progress, ProgressStream } from "./progress.ts";

/** Writes each event as one line of JSON, with the milliseconds since the beginning as `time`. */
export function jsonProgress(stream: Pick<ProgressStream, "write">): Progress {
  const began = performance.now();
  return {
    handle(event) {
      const time = Math.round(performance.now() - began);
      // JSON escapes control codes up to U+001F itself; the others are as unwelcome on a terminal.
      const line = JSON.stringify({ time, ...event }).replaceAll(/[\u007f-\u009f]/g, escaped);
      stream.write(`${line}\n`);
    },
    end() {},
  };
}

function escaped(code: string): string {
  return `\\u${code.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
