import { HttpClient, type ProxySettings } from "@strake/registry";

/** Downloads a file for ADD; redirects are followed, and a server that falls silent is given up. */
export async function* download(
  url: string,
  proxy: ProxySettings,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const client = new HttpClient({ proxy });
  try {
    const response = await client.request({ method: "GET", url: new URL(url), signal });
    const { status, statusText } = response;
    if (status < 200 || status > 299) throw new Error(`the server answered ${status} ${statusText}`.trim());
    yield* response.body;
  } catch (error) {
    // What asks for it has named the address already.
    const cause = (error as Error).cause;
    throw cause instanceof Error ? cause : error;
  } finally {
    client.close();
  }
}
