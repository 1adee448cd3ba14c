import { StrakeError } from "@strake/core";
import { parseReference, type Reference } from "@strake/oci/document";

/** Where an image is copied from or to. */
export type CopyPlace =
  | { readonly type: "registry"; readonly reference: Reference }
  /** In the store of the Docker Engine. */
  | { readonly type: "docker-daemon"; readonly reference: Reference }
  | { readonly type: (typeof fileTypes)[number]; readonly path: string; readonly name?: string };

const fileTypes = ["oci", "oci-archive", "docker-archive"] as const;

/**
 * Reads a place as skopeo writes it: an image's name, `docker-daemon:NAME`, `oci:FOLDER[:TAG]`,
 * `oci-archive:FILE[:TAG]` or `docker-archive:FILE[:NAME]`.
 *
 * @throws StrakeError `usage`, OciError `invalid-reference`
 */
export function parsePlace(text: string): CopyPlace {
  const inEngine = /^docker-daemon:(?:\/\/)?(.*)$/.exec(text)?.[1];
  if (inEngine !== undefined) return { type: "docker-daemon", reference: parseReference(inEngine) };
  const other = /^(dir|containers-storage|ostree|sif|tarball):/.exec(text)?.[1];
  if (other !== undefined) {
    throw new StrakeError({
      code: "usage",
      message: `${text}: images are not copied to or from ${other}:`,
      notes: [`There are registries, docker-daemon:, ${fileTypes.map((each) => `${each}:`).join(", ")}.`],
    });
  }
  const type = fileTypes.find((each) => text.startsWith(`${each}:`));
  if (type === undefined) return { type: "registry", reference: parseReference(text.replace(/^docker:\/\//, "")) };
  const rest = text.slice(type.length + 1);
  const colon = rest.indexOf(":");
  const path = colon === -1 ? rest : rest.slice(0, colon);
  const name = colon === -1 ? "" : rest.slice(colon + 1);
  if (path === "") throw new StrakeError({ code: "usage", message: `${text}: a path is missing after ${type}:` });
  return { type, path, ...(name === "" ? {} : { name }) };
}
