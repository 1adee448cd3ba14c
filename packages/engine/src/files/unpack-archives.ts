import { type CopyAction, StrakeError } from "@strake/core";
import { type Digest, decompress, detectCompression, type Entry, indexTar, OciError, readContent } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import { type LayerBuilder, parent, rootFolder } from "./layer-builder.ts";
import { findOwner } from "./owner.ts";
import type { Selection } from "./select-sources.ts";

/**
 * Unpacks the archives among the sources of ADD into the destination, which is a folder then.
 *
 * What is an archive is told by its first bytes, not by its name. Owners and modes are the archive's, unless the
 * statement says an owner.
 *
 * @returns the selections that are no archives, to be copied as they are
 */
export async function unpackArchives(
  context: SolveContext,
  builder: LayerBuilder,
  action: CopyAction,
  selections: readonly Selection[],
): Promise<readonly Selection[]> {
  const rest: Selection[] = [];
  for (const selection of selections) {
    const [first] = selection.picked;
    if (selection.folder || first === undefined || first.entry.type !== "file" || !isArchive(first.entry)) {
      rest.push(selection);
    } else {
      placeMembers(builder, action, await listMembers(context, first.entry));
    }
  }
  return rest;
}

function isArchive(file: Entry): boolean {
  const [start = new Uint8Array()] = readContent(file);
  if (detectCompression(start) !== "none") return true;
  // The magic of POSIX and GNU tars stands at 257.
  return Buffer.from(start.subarray(257, 262)).toString("latin1") === "ustar";
}

async function listMembers(context: SolveContext, file: Entry): Promise<readonly Entry[]> {
  async function* content(): AsyncGenerator<Uint8Array> {
    yield* readContent(file);
  }
  const [start = new Uint8Array()] = readContent(file);
  try {
    const { digest } = await context.spool.blobs.add(decompress(content(), file.path));
    return await indexTar(context.spool.blobs.get(digest as Digest), context.spool.blobs.path(digest));
  } catch (cause) {
    // A compressed file that holds no tar is copied by Docker; here the mistake is more likely than the wish.
    if (!OciError.is(cause)) throw cause;
    throw new StrakeError({
      code: "invalid-archive",
      message: `"${file.path}" looks like a ${detectCompression(start) === "none" ? "tar" : "compressed tar"} and cannot be unpacked: ${cause.message}`,
      notes: ["To copy it as it is, say unpack: false."],
      cause,
    });
  }
}

function placeMembers(builder: LayerBuilder, action: CopyAction, members: readonly Entry[]): void {
  const owner = action.owner === undefined ? undefined : findOwner(builder, action.owner, action.rules);
  const root = builder.makeFolder(action.destination.slice(1), { ...rootFolder, ...owner });
  const join = (path: string) => (root === "" ? path : `${root}/${path}`);
  for (const member of members) {
    if (member.path === "") continue;
    const folder = builder.makeFolder(join(parent(member.path)), { ...rootFolder, ...owner });
    const name = member.path.slice(member.path.lastIndexOf("/") + 1);
    const path = folder === "" ? name : `${folder}/${name}`;
    const existing = builder.get(path);
    if (member.type === "directory" && existing?.type === "symlink") continue;
    const target =
      member.type === "hardlink" && member.linkname !== undefined ? { linkname: join(member.linkname) } : {};
    builder.put({ ...member, ...owner, ...target, path, mtime: 0 });
  }
}
