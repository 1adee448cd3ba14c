import { printJsonLine } from "./json-line.ts";
import type { Progress, ProgressStream } from "./progress.ts";

/** Writes each event as one line of JSON, with the milliseconds since the beginning as `time`. */
export function jsonProgress(stream: Pick<ProgressStream, "write">): Progress {
  const began = performance.now();
  return {
    handle(event) {
      const time = Math.round(performance.now() - began);
      stream.write(printJsonLine({ time, ...event }));
    },
    end() {},
  };
}
