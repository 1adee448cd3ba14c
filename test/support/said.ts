import type { Readable } from "node:stream";

/**
 * Waits until a stream of text has said something, however it comes in pieces, and returns all that it has said by then;
 * the stream is read on afterwards.
 *
 * @throws with all that was said when the stream ends without it
 */
export function said(stream: Readable, words: RegExp): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    stream.on("data", (chunk) => {
      text += chunk;
      if (words.test(text)) resolve(text);
    });
    stream.on("close", () => reject(new Error(`nothing said ${words}:\n${text}`)));
  });
}
