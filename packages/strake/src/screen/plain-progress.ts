import type { BuildEvent, OperationId } from "@strake/core";
import { formatDuration } from "../format/format-duration.ts";
import { formatSize } from "../format/format-size.ts";
import type { Progress, ProgressStream } from "./progress.ts";
import { oneLine, withoutControlCodes } from "./style.ts";

interface Step {
  readonly number: number;
  /** Output that does not end a line yet. */
  partial: string;
  isDone: boolean;
}

/** Writes lines as things happen, numbered by step as BuildKit's plain progress is, and without control codes. */
export function plainProgress(stream: Pick<ProgressStream, "write">): Progress {
  const steps = new Map<OperationId, Step>();
  const write = (line: string) => stream.write(`${withoutControlCodes(line)}\n`);

  const say = (step: Step, text: string) => write(`#${step.number} ${text}`);
  const endOutput = (step: Step) => {
    if (step.partial !== "") say(step, step.partial);
    step.partial = "";
  };

  function handleStep(
    event: Exclude<BuildEvent, { readonly type: "started" | "exported" | "warning" | "note" }>,
  ): void {
    const step = steps.get(event.step);
    if (step === undefined || event.type === "progress") return;
    if (event.type === "output") {
      const lines = (step.partial + event.text).split("\n");
      step.partial = lines.pop() ?? "";
      for (const line of lines) say(step, line);
      return;
    }
    endOutput(step);
    // A daemon tells of a step in each build that has it; what one builder has failed at another may still do.
    if (step.isDone) return;
    step.isDone = event.type === "finished";
    if (event.type === "failed") say(step, `ERROR: ${oneLine(event.message)}`);
    else if (event.cached) say(step, "CACHED");
    else say(step, `DONE ${formatDuration(event.milliseconds)}${event.size ? `  ${formatSize(event.size)}` : ""}`);
  }

  return {
    handle(event) {
      if (event.type === "warning") write(`WARNING: ${oneLine(event.message)}`);
      else if (event.type === "note") write(oneLine(event.message));
      else if (event.type === "exported") write(printExport(event));
      else if (event.type === "started") {
        if (steps.has(event.step)) return;
        const step: Step = { number: steps.size + 1, partial: "", isDone: false };
        steps.set(event.step, step);
        say(step, `[${event.image}] ${oneLine(event.title)}`);
      } else handleStep(event);
    },
    end() {
      for (const step of steps.values()) endOutput(step);
    },
  };
}

/** Says in one line where an image has been put. */
export function printExport(event: { image: string; to: string; digest: string; unchanged: boolean }): string {
  return `${event.image} => ${event.to} ${event.digest}${event.unchanged ? " (unchanged)" : ""}`;
}
