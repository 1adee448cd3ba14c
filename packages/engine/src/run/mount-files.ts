import type { CopyAction, Input, OperationId } from "@strake/core";
import type { Digest } from "@strake/oci";
import { filesLayer } from "../operation/files-operation.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import { emptyFileSystem, SolvedLayers } from "../solve/solved.ts";

/** The files of a bind mount, or those that a cache begins with. */
export interface MountFiles {
  readonly layers: SolvedLayers;
  /** What is mounted of them; absolute. */
  readonly path: string;
  /** The layers that count as a whole for the key. */
  readonly keys: readonly Digest[];
  /** The manifests of the files that count one by one. */
  readonly manifests: readonly Digest[];
}

/** Where the files of a folder of this machine are put, for mounting. */
const placed = "/files";

/**
 * Finds the files that a mount shows.
 *
 * Of an image only what is below the path counts for the key; of a folder of this machine only that is looked at, less
 * what is ignored, as for COPY.
 *
 * @param path absolute
 */
export async function mountFiles(
  context: SolveContext,
  id: OperationId,
  from: Input,
  path: string,
): Promise<MountFiles> {
  const source = from === null ? emptyFileSystem : await context.solve(from);
  if (source.kind === "layers" && path === "/") {
    return { layers: source, path, keys: source.keys, manifests: [] };
  }
  const { layer, manifests } = await filesLayer(context, id, emptyFileSystem, [copyOf(from, path)]);
  if (source.kind === "layers") return { layers: source, path, keys: [], manifests };
  return { layers: new SolvedLayers([layer]), path: placed, keys: [], manifests };
}

function copyOf(from: Input, path: string): CopyAction {
  return {
    action: "copy",
    from,
    sources: [{ path: path === "/" ? "." : path.slice(1) }],
    destination: placed,
    intoDirectory: false,
    permissions: "normal",
    rules: "docker",
    keepOwner: true,
  };
}
