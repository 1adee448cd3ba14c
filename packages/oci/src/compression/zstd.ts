import type { Transform } from "node:stream";
import { OciError } from "../oci-error.ts";
import { throughPipe } from "./pipe.ts";
import { throughProgram } from "./program.ts";

/** The level that is taken where none is named; zstd's own. */
export const defaultZstdLevel = 3;

/** What zlib offers from Node 22.15 on. */
interface ZstdOfNode {
  readonly createZstdCompress?: (options: { params: Record<number, number> }) => Transform;
  readonly createZstdDecompress?: (options: { chunkSize: number }) => Transform;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

/** Not imported by name: a name that the runtime has not is a mistake for it. */
const ofNode = (): ZstdOfNode => process.getBuiltinModule("node:zlib") as unknown as ZstdOfNode;

/**
 * Packs a stream with zstd.
 *
 * @throws OciError `unsupported-compression` where the runtime has no zstd: before Node 22.15
 */
export async function* zstd(
  source: AsyncIterable<Uint8Array>,
  options: { readonly level?: number } = {},
): AsyncGenerator<Uint8Array> {
  const offered = ofNode();
  if (offered.createZstdCompress === undefined || offered.constants.ZSTD_c_compressionLevel === undefined) {
    throw new OciError(
      "unsupported-compression",
      `packing with zstd needs Node 22.15 or later; this is ${process.versions.node}. Use gzip, or a newer Node.`,
    );
  }
  const params = { [offered.constants.ZSTD_c_compressionLevel]: options.level ?? defaultZstdLevel };
  const engine = offered.createZstdCompress({ params });
  yield* throughPipe(source, { input: engine, output: engine }, (cause) => cause);
}

/**
 * Unpacks zstd, by the runtime where it can and by the program `zstd` where it cannot (before Node 22.15).
 *
 * @param what what the bytes are, for the error
 * @throws OciError `unsupported-compression` where neither is there, `invalid-compression` when the stream is damaged
 */
export async function* unzstd(source: AsyncIterable<Uint8Array>, what = "zstd stream"): AsyncGenerator<Uint8Array> {
  const offered = ofNode();
  if (offered.createZstdDecompress === undefined) {
    yield* throughProgram(source, "zstd", ["-d", "-c", "-q"], what);
    return;
  }
  const engine = offered.createZstdDecompress({ chunkSize: 256 * 1024 });
  yield* throughPipe(source, { input: engine, output: engine }, (cause) => {
    return new OciError("invalid-compression", `${what} is not valid zstd: ${(cause as Error).message}`, { cause });
  });
}
