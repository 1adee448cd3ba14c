import { type CopyAction, StrakeError } from "@strake/core";
import { type Digest, decompress, detectCompression, type Entry, indexTar, OciError, readContent } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import { type LayerBuilder, parent, rootFolder } from "./layer-builder.ts";
import { findOwner } from "./owner.ts";
import type { Selection } from "./select-sources.ts";

/**
 * Unpacks the archives among the sources of ADD into the destination, which is a folder then.
 *
 * What is an archive is told by its first bytes, not by its name; with Docker's rules a compressed file that holds no tar
 * is none. Owners and modes are the archive's, unless the
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
    if (
      selection.folder ||
      first === undefined ||
      first.entry.type !== "file" ||
      !(await isUnpacked(action, first.entry))
    ) {
      rest.push(selection);
    } else {
      placeMembers(builder, action, await listMembers(context, first.entry));
    }
  }
  return rest;
}

async function isUnpacked(action: CopyAction, file: Entry): Promise<boolean> {
  return isArchive(file) && (action.rules !== "docker" || (await beginsTar(file)));
}

/** Whether the first block of the file, decompressed, is the header of a tar: its sum is what it says. */
async function beginsTar(file: Entry): Promise<boolean> {
  let start = Buffer.alloc(0);
  try {
    for await (const chunk of decompress(contentOf(file), file.path)) {
      start = Buffer.concat([start, chunk]);
      if (start.length >= 512) break;
    }
  } catch (error) {
    if (OciError.is(error)) return false;
    throw error;
  }
  if (start.length < 512) return false;
  const header = start.subarray(0, 512);
  const said = Number.parseInt(header.toString("latin1", 148, 156), 8);
  // The field of the sum counts as eight blanks.
  return header.fill(" ", 148, 156).reduce((sum, byte) => sum + byte, 0) === said;
}

async function* contentOf(file: Entry): AsyncGenerator<Uint8Array> {
  yield* readContent(file);
}

function isArchive(file: Entry): boolean {
  const [start = new Uint8Array()] = readContent(file);
  if (detectCompression(start) !== "none") return true;
  // The magic of POSIX and GNU tars stands at 257.
  return Buffer.from(start.subarray(257, 262)).toString("latin1") === "ustar";
}

async function listMembers(context: SolveContext, file: Entry): Promise<readonly Entry[]> {
  const [start = new Uint8Array()] = readContent(file);
  try {
    const { digest } = await context.spool.blobs.add(decompress(contentOf(file), file.path));
    return await indexTar(context.spool.blobs.get(digest as Digest), context.spool.blobs.path(digest));
  } catch (cause) {
    // A compressed file that holds no tar is copied by Docker; with strict rules the mistake is likelier than the wish.
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
