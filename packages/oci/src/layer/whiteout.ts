import { OciError } from "../oci-error.ts";

/** What the name of a whiteout begins with (OCI image spec, "Whiteouts"). */
export const whiteoutPrefix = ".wh.";

/** The name of the file that hides everything the layers below have in its directory ("Opaque Whiteout"). */
export const opaqueName = ".wh..wh..opq";

/** What the prefix is followed by in AUFS's own files, which mean nothing in an image. */
const metaPrefix = ".wh..wh.";

/** What a whiteout does to the layers below. */
export type Whiteout =
  /** The path, with all below it, is not there. */
  | { readonly kind: "remove"; readonly path: string }
  /** The directory is there, and empty. */
  | { readonly kind: "opaque"; readonly path: string }
  /** AUFS's own, without effect, as containerd has it. */
  | { readonly kind: "ignored" };

/**
 * Makes the path of the whiteout that removes a path.
 *
 * @throws OciError `unsafe-path` for the root and for names that have the whiteout prefix themselves
 */
export function whiteoutPath(path: string): string {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (name === "" || name === "." || name === ".." || name.startsWith(whiteoutPrefix)) {
    throw new OciError("unsafe-path", `"${path}" cannot be removed by a whiteout`);
  }
  return path.slice(0, slash + 1) + whiteoutPrefix + name;
}

/** Makes the path of the file that makes a directory opaque. */
export function opaquePath(directory: string): string {
  return directory === "" ? opaqueName : `${directory}/${opaqueName}`;
}

/**
 * Tells what a path means as a whiteout, or undefined for all other paths.
 *
 * @throws OciError `unsafe-path` for `.wh.`, `.wh..` and `.wh...`, which would remove nothing or a directory above
 */
export function parseWhiteout(path: string): Whiteout | undefined {
  if (!path.includes(whiteoutPrefix)) return undefined;
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const directory = path.slice(0, Math.max(slash, 0));
  if (name === opaqueName) return { kind: "opaque", path: directory };
  if (path.split("/").some((component) => component.startsWith(metaPrefix))) return { kind: "ignored" };
  if (!name.startsWith(whiteoutPrefix)) return undefined;
  const removed = name.slice(whiteoutPrefix.length);
  if (removed === "" || removed === "." || removed === "..") {
    throw new OciError("unsafe-path", `"${path}" is not a whiteout: it names nothing to remove`);
  }
  return { kind: "remove", path: path.slice(0, slash + 1) + removed };
}
