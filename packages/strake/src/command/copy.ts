import { type CopyOptions, copyImage } from "../compose/copy/copy-image.ts";
import { parsePlace } from "../compose/copy/parse-place.ts";
import { openWorkspace } from "../compose/workspace.ts";
import { formatSize } from "../format/format-size.ts";
import type { CopyRequest } from "./request.ts";

/** What is said of a blob when it is where it should be. */
const said = { there: "Already exists", mounted: "Mounted", sent: "Copied" } as const;

/**
 * Copies an image from one place to another.
 *
 * @returns what `strake copy` prints: the destination with the digest that the image has there
 */
export async function copyBetween(request: CopyRequest, signal: AbortSignal): Promise<string> {
  const [from, to] = [parsePlace(request.source), parsePlace(request.destination)];
  const counted = { there: 0, mounted: 0, sent: 0 };
  let bytes = 0;
  const tell = (text: string) => void (request.quiet || process.stderr.write(`${text}\n`));
  const blobDone: CopyOptions["blobDone"] = ({ digest, size }, how) => {
    counted[how] += 1;
    if (how === "sent") bytes += size;
    tell(`${digest.slice(digest.indexOf(":") + 1).slice(0, 12)}: ${said[how]} ${formatSize(size)}`);
  };
  const workspace = openWorkspace({ readOnly: true, signal });
  try {
    tell(`The copy refers to ${request.destination}`);
    const { digest, unchanged } = await copyImage(workspace, from, to, {
      platform: request.platform,
      blobDone,
      signal,
    });
    const { sent, mounted, there } = counted;
    if (!unchanged && sent + mounted + there > 0) {
      tell(`${sent} copied (${formatSize(bytes)}), ${mounted} mounted, ${there} there already`);
    }
    if (request.quiet) return `${request.destination}\n`;
    return `${[request.destination, digest, ...(unchanged ? ["(unchanged)"] : [])].filter(Boolean).join(" ")}\n`;
  } finally {
    await workspace.close();
  }
}
