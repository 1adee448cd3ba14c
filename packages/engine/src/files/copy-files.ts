import { type CopyAction, StrakeError } from "@strake/core";
import { applyMode, normalMode } from "@strake/core/context";
import type { Entry } from "@strake/oci";
import { type LayerBuilder, type NewFolder, type Ownership, parent, rootFolder } from "./layer-builder.ts";
import { findOwner } from "./owner.ts";
import type { Picked, Selection } from "./select-sources.ts";

/**
 * Puts selected files where a copy says, with its owner and modes; the rules are those of BuildKit's copy.
 *
 * @throws StrakeError where files and folders are in each other's way, or an owner is unknown
 */
export function copyFiles(builder: LayerBuilder, action: CopyAction, selections: readonly Selection[]): void {
  const owner = action.owner === undefined ? undefined : findOwner(builder, action.owner, action.rules);
  const folder: NewFolder = {
    ...rootFolder,
    ...owner,
    ...(action.mode !== undefined && /^[0-7]+$/.test(action.mode) ? { mode: folderMode(action.mode) } : {}),
  };
  const destination = action.destination.slice(1);
  const files = selections.filter((selection) => !selection.folder);
  refuseSeveral(builder, action, files.length, destination);
  for (const selection of selections) {
    const linked = new Map<string, string>();
    if (selection.folder) {
      const root = builder.makeFolder(destination, folder);
      for (const picked of selection.picked) place(builder, action, picked, root, owner, linked);
    } else {
      const [picked] = selection.picked;
      if (picked !== undefined) placeOne(builder, action, picked, destination, folder, owner);
    }
  }
}

/** The mode that a folder is made with: the kernel takes no other special bit for one than the sticky bit. */
function folderMode(octal: string): number {
  return Number.parseInt(octal, 8) & 0o1777;
}

function placeOne(
  builder: LayerBuilder,
  action: CopyAction,
  picked: Picked,
  destination: string,
  folder: NewFolder,
  owner: Ownership | undefined,
): void {
  const into = action.intoDirectory || builder.get(builder.resolve(destination))?.type === "directory";
  const target = into ? join(destination, picked.to) : destination;
  builder.makeFolder(parent(target), folder);
  builder.put(placed(action, picked.entry, builder.resolve(target), owner));
}

/** Places one entry of a folder; names that are one file in the source are one file in the layer. */
function place(
  builder: LayerBuilder,
  action: CopyAction,
  picked: Picked,
  root: string,
  owner: Ownership | undefined,
  linked: Map<string, string>,
): void {
  const entry = placed(action, picked.entry, join(root, picked.to), owner);
  const isFile = action.keepOwner === true && entry.type === "file" && entry.size > 0;
  const identity = isFile ? (picked.entry.linkedTo ?? picked.entry.path) : undefined;
  const first = identity === undefined ? undefined : linked.get(identity);
  if (first !== undefined) {
    const { content: _content, digest: _digest, ...rest } = entry;
    builder.put({ ...rest, type: "hardlink", linkname: first, size: 0 });
    return;
  }
  if (identity !== undefined) linked.set(identity, entry.path);
  builder.put(entry);
}

function placed(action: CopyAction, entry: Entry, path: string, owner: Ownership | undefined): Entry {
  const { type, size, linkname, device, xattrs, digest, content } = entry;
  const { uid, gid } = owner ?? (action.keepOwner ? entry : rootFolder);
  const mode = copiedMode(action, entry);
  // Nearly all entries are such files, of which there may be very many.
  if (type === "file" && digest === undefined && xattrs === undefined && content !== undefined) {
    return { path, type, mode, uid, gid, size, mtime: 0, content };
  }
  return {
    path,
    type,
    mode,
    uid,
    gid,
    size,
    mtime: 0,
    ...(linkname !== undefined && { linkname }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
    ...(digest !== undefined && { digest }),
    ...(content !== undefined && { content }),
  };
}

/** The mode that a copied file has: what `chmod` says, else the source's, as it is or made normal. */
export function copiedMode(action: CopyAction, entry: Entry): number {
  if (entry.type === "symlink") return 0o777;
  const directory = entry.type === "directory";
  // What comes from an image has the mode that somebody gave it there.
  const start = action.permissions === "normal" && !action.keepOwner ? normalMode(entry.mode, directory) : entry.mode;
  return action.mode === undefined ? start : applyMode(start, action.mode, directory);
}

/** Docker lets the last of several files win; the strict rules want a folder for them. */
function refuseSeveral(builder: LayerBuilder, action: CopyAction, files: number, destination: string): void {
  if (action.rules === "docker" || files < 2 || action.intoDirectory) return;
  if (builder.get(builder.resolve(destination))?.type === "directory") return;
  throw new StrakeError({
    code: "destination-not-folder",
    message: `${files} files match, and the destination "${action.destination}" is not a folder`,
    notes: [`Write "${action.destination}/".`],
  });
}

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
