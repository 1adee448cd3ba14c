import { checkInput, checkOutputFile, checkOutputFolder } from "../compose/check-path.ts";
import { type CopyOptions, copyImage } from "../compose/copy/copy-image.ts";
import { parsePlace } from "../compose/copy/parse-place.ts";
import { openWorkspace } from "../compose/workspace.ts";
import { formatSize } from "../format/format-size.ts";
import { copyWords } from "../screen/transfer-words.ts";
import { startTransfers } from "../screen/transfers.ts";
import type { CopyRequest } from "./request.ts";

/**
 * Copies an image from one place to another.
 *
 * @returns what `strake copy` prints: the destination with the digest that the image has there
 */
export async function copyBetween(request: CopyRequest, signal: AbortSignal): Promise<string> {
  const [from, to] = [parsePlace(request.source), parsePlace(request.destination)];
  if ("path" in from) checkInput(from.path, { folders: true });
  if (to.type === "oci") checkOutputFolder("copy", to.path);
  else if ("path" in to) checkOutputFile("copy", to.path);
  const counted = { there: 0, mounted: 0, sent: 0 };
  let bytes = 0;
  const transfers = startTransfers(request.progress, process.stderr, process.env, copyWords);
  const shown = transfers.watch(request.destination);
  const watch: CopyOptions["watch"] = (blob) => {
    const watcher = shown(blob);
    let last = 0;
    return {
      moved(done) {
        last = done;
        watcher.moved(done);
      },
      ended(how) {
        if (how !== "failed") counted[how] += 1;
        if (how === "sent") bytes += blob.size ?? last;
        watcher.ended(how);
      },
    };
  };
  const workspace = openWorkspace({ readOnly: true, signal });
  try {
    transfers.say(`The copy refers to ${request.destination}`);
    const { digest, unchanged } = await copyImage(workspace, from, to, {
      platform: request.platform,
      watch,
      signal,
    });
    const { sent, mounted, there } = counted;
    if (!unchanged && sent + mounted + there > 0) {
      transfers.say(`${sent} copied (${formatSize(bytes)}), ${mounted} mounted, ${there} there already`);
    }
    if (request.progress === "quiet") return `${request.destination}\n`;
    return `${[request.destination, digest, ...(unchanged ? ["(unchanged)"] : [])].filter(Boolean).join(" ")}\n`;
  } finally {
    transfers.end();
    await workspace.close();
  }
}
