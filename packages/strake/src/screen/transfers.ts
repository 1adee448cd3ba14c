import { digestOf } from "@strake/core";
import type { BlobWatcher, WatchBlobs } from "@strake/registry";
import { formatSize } from "../format/format-size.ts";
import { isLive, type Progress, type ProgressMode, type ProgressStream } from "./progress.ts";
import { startProgress } from "./start-progress.ts";
import { withoutControlCodes } from "./style.ts";
import type { TransferWords } from "./transfer-words.ts";

/** Milliseconds between two looks at how much of a blob has been moved. */
const shownEvery = 100;

/** A view of blobs that are moved between here and registries. */
export interface Transfers {
  /** Watches the blobs of an image. */
  watch(image: string): WatchBlobs;
  /** Says something that is no blob's. */
  say(line: string): void;
  /** Ends the view; may be called more than once. */
  end(): void;
}

/**
 * Shows blobs on their way: on a terminal as the steps of a build, with the bytes that have been moved; as JSON the
 * same events without those in between; and else as lines like docker's, one when a blob begins to move and one at its
 * end.
 */
export function startTransfers(
  mode: ProgressMode,
  stream: ProgressStream,
  environment: Readonly<Record<string, string | undefined>>,
  words: TransferWords,
): Transfers {
  if (mode === "plain" || (mode === "auto" && !isLive(stream, environment))) return plainTransfers(stream, words);
  const verbs = { running: words.doing, done: words.all };
  return drawnTransfers(startProgress(mode, stream, environment, verbs), words, mode === "auto");
}

function drawnTransfers(progress: Progress, words: TransferWords, live: boolean): Transfers {
  let count = 0;
  const watch = (image: string, { digest, size }: Parameters<WatchBlobs>[0]): BlobWatcher => {
    count += 1;
    const step = digestOf(["transfer", image, digest ?? count]);
    const started = performance.now();
    let shown = started;
    let last = 0;
    progress.handle({ type: "started", step, image, title: `${words.doing.toLowerCase()} ${shortDigest(digest)}` });
    return {
      moved(bytes) {
        last = bytes;
        const now = performance.now();
        if (!live || now - shown < shownEvery) return;
        shown = now;
        progress.handle({ type: "progress", step, done: bytes, ...(size === undefined ? {} : { total: size }) });
      },
      ended(how) {
        const milliseconds = performance.now() - started;
        if (how === "failed") return progress.handle({ type: "failed", step, message: "it was not moved" });
        const moved = how === "sent" ? { size: size ?? last } : {};
        progress.handle({ type: "finished", step, cached: how !== "sent", milliseconds, ...moved });
      },
    };
  };
  return {
    watch: (image) => (blob) => watch(image, blob),
    say: (message) => progress.handle({ type: "note", message }),
    end: () => progress.end(),
  };
}

function plainTransfers(stream: ProgressStream, words: TransferWords): Transfers {
  let unknown = 0;
  const say = (line: string) => void stream.write(`${withoutControlCodes(line)}\n`);
  const amountOf = (size: number | undefined) => (size === undefined ? "" : ` ${formatSize(size)}`);
  return {
    watch:
      () =>
      ({ digest, size }) => {
        let begun = false;
        let last: number | undefined;
        // One that is packed on its way is told from others by its number.
        const name = digest === undefined ? `layer ${++unknown}` : shortDigest(digest);
        return {
          moved(bytes) {
            if (!begun) say(`${name}: ${words.doing}${amountOf(size)}`);
            begun = true;
            last = bytes;
          },
          ended(how) {
            if (how !== "failed") say(`${name}: ${words.done[how]}${amountOf(size ?? last)}`);
          },
        };
      },
    say,
    end() {},
  };
}

/** As many hex digits of a digest as docker shows. */
function shortDigest(digest: string | undefined): string {
  return digest === undefined ? "layer" : digest.slice(digest.indexOf(":") + 1).slice(0, 12);
}
