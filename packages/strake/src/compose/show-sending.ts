import { type BuildEvent, digestOf } from "@strake/core";
import type { WatchBlobs } from "@strake/registry";

/** Milliseconds between two looks at how much has been sent. */
const shownEvery = 100;

/** A push that is shown as a step of a build. */
export interface ShownSending {
  readonly watch: WatchBlobs;
  /** Called when all is where it should be. */
  finish(): void;
}

/** Shows the blobs of an image on their way to a registry as one step, named as buildx names it; none where none moves. */
export function showSending(image: string, handle: (event: BuildEvent) => void = () => {}): ShownSending {
  const step = digestOf(["push", image]);
  const moved: number[] = [];
  let started: number | undefined;
  let shown = 0;
  const sum = () => moved.reduce((all, bytes) => all + bytes, 0);
  return {
    watch: () => {
      const own = moved.push(0) - 1;
      return {
        moved(bytes) {
          const now = performance.now();
          moved[own] = bytes;
          if (started === undefined) {
            started = shown = now;
            handle({ type: "started", step, image, title: "pushing layers" });
          }
          if (now - shown < shownEvery) return;
          shown = now;
          handle({ type: "progress", step, done: sum() });
        },
        ended() {},
      };
    },
    finish() {
      if (started === undefined) return;
      const milliseconds = performance.now() - started;
      handle({ type: "finished", step, cached: false, milliseconds, size: sum() });
    },
  };
}
