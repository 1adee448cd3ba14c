import { type Descriptor, type DistantHasher, digestParts, OciError, verified } from "@strake/oci";
import { redactUrl } from "./http/redact.ts";
import type { HttpResponse } from "./http/response.ts";
import { backOff, type RetryOptions } from "./http/retry.ts";
import { wrongBytes } from "./http/wrong-bytes.ts";
import { RegistryError } from "./registry-error.ts";

/** What has to be known of a blob to read it. */
export type BlobDescriptor = Pick<Descriptor, "digest"> & Partial<Pick<Descriptor, "size">>;

/** A blob that is being sent by one of several endpoints. */
export interface BlobAnswer {
  readonly response: HttpResponse;
  /** Where it was asked for, for messages. */
  readonly url: URL;
  /** Notes that the endpoint sends what it should not. */
  distrust(): void;
}

/** How to get at a blob. */
export interface BlobOpening {
  /** Asks for the blob, or with a `range` header for the rest of it. */
  open(headers: Readonly<Record<string, string>>): Promise<BlobAnswer>;
  readonly retry: RetryOptions;
  readonly signal?: AbortSignal | undefined;
  /** Where to begin, in bytes; what comes is verified only from the beginning on. */
  readonly start?: number;
  /** Begins to compute a sha256 digest in another thread. */
  readonly hashStream?: (() => DistantHasher) | undefined;
}

/** From so many bytes on, hashing a blob takes longer than starting a thread for it. */
const worthThread = 32 * 1024 * 1024;

/** An attempt that brought this many bytes counts as a success, so that large blobs come through a bad line. */
const progress = 1024 * 1024;

/**
 * Reads a blob to its end and verifies it, asking for the rest where a connection breaks.
 *
 * @throws RegistryError `digest-mismatch` when the bytes are not the blob's, and what `open` throws
 */
export async function* downloadBlob(blob: BlobDescriptor, opening: BlobOpening): AsyncGenerator<Uint8Array> {
  let last: BlobAnswer | undefined;
  const open: BlobOpening["open"] = async (headers) => {
    last = await opening.open(headers);
    return last;
  };
  try {
    const pieces = readPieces(blob, { ...opening, open });
    yield* opening.start ? pieces : verified(pieces, blob, "the blob", hashElsewhere(blob, opening));
  } catch (error) {
    if (last === undefined || !OciError.is(error)) throw error;
    last.distrust();
    throw wrongBytes(last.url, error.message);
  }
}

async function* readPieces(blob: BlobDescriptor, opening: BlobOpening): AsyncGenerator<Uint8Array> {
  let position = opening.start ?? 0;
  let failures = 0;
  for (;;) {
    const answer = await opening.open(position === 0 ? {} : { range: `bytes=${position}-` });
    const begin = position;
    try {
      for await (const chunk of skipKnown(answer, position)) {
        position += chunk.length;
        yield chunk;
      }
      if (!endedEarly(answer.response, blob, position)) return;
      throw new RegistryError("unreachable", `GET ${redactUrl(answer.url)}: CUT: the connection ended early`, {
        temporary: true,
      });
    } catch (error) {
      if (position === blob.size) return;
      failures = position - begin >= progress ? 1 : failures + 1;
      if (!mayGoOn(error, position - begin) || failures >= (opening.retry.tries ?? 5)) throw error;
      await backOff(failures, opening.retry, undefined, opening.signal);
    }
  }
}

function hashElsewhere({ digest, size = 0 }: BlobDescriptor, { hashStream }: BlobOpening): DistantHasher | undefined {
  return size >= worthThread && digestParts(digest).algorithm === "sha256" ? hashStream?.() : undefined;
}

/** The bytes of an answer from a position on; a server need not know ranges (RFC 9110, section 14.2). */
async function* skipKnown({ response, url }: BlobAnswer, position: number): AsyncGenerator<Uint8Array> {
  const range = /^bytes (\d+)-/.exec(response.headers["content-range"] ?? "");
  const start = response.status === 206 ? Number(range?.[1] ?? Number.NaN) : 0;
  if (!(start <= position)) {
    throw new RegistryError("invalid-response", `GET ${redactUrl(url)}: INVALID_RANGE: the answer is another part`, {
      hint: "The registry, or a proxy on the way, does not handle partial requests.",
    });
  }
  let toSkip = position - start;
  for await (const chunk of response.body) {
    if (toSkip >= chunk.length) {
      toSkip -= chunk.length;
    } else {
      yield toSkip === 0 ? chunk : chunk.subarray(toSkip);
      toSkip = 0;
    }
  }
}

/** An answer that does not tell its length ends the same way whether it is complete or cut. */
function endedEarly(response: HttpResponse, blob: BlobDescriptor, position: number): boolean {
  const { headers } = response;
  const told = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  return !told && blob.size !== undefined && position < blob.size;
}

/** A connection that broke is taken up again; one that fell silent only if it had brought something. */
function mayGoOn(error: unknown, received: number): boolean {
  if (!RegistryError.is(error)) return false;
  return error.temporary || (error.code === "timeout" && received > 0);
}
