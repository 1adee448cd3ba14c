import { StrakeError } from "@strake/core";
import { download } from "./download.ts";
import { readSettings } from "./settings.ts";

/**
 * Downloads something that the command line names.
 *
 * @param what what it is, for the message
 * @throws StrakeError `download-failed`
 */
export async function* downloadNamed(
  what: string,
  url: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* download(url, readSettings(process.env).proxies(), signal);
  } catch (cause) {
    const message = `cannot download ${what} ${url}: ${(cause as Error).message}`;
    throw new StrakeError({ code: "download-failed", message, cause });
  }
}
