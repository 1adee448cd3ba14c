import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

/** How long nothing may come, in milliseconds. */
const idleTimeout = 30_000;

/** Downloads a file for ADD; redirects are followed, and a server that falls silent is given up. */
export async function* download(url: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const idle = new AbortController();
  const restart = () =>
    setTimeout(() => idle.abort(new Error(`nothing came for ${idleTimeout / 1000} s`)), idleTimeout);
  let timer = restart();
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([idle.signal, ...(signal === undefined ? [] : [signal])]),
    });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    if (response.body === null) return;
    for await (const chunk of Readable.fromWeb(response.body as ReadableStream)) {
      clearTimeout(timer);
      timer = restart();
      yield chunk as Uint8Array;
    }
  } catch (error) {
    // fetch says only that it failed; why is in the cause.
    const cause = (error as Error).cause;
    throw cause instanceof Error ? cause : error;
  } finally {
    clearTimeout(timer);
  }
}
