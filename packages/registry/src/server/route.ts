/** What a request is about, as the OCI distribution spec 1.1 lists its endpoints; `token` is the token realm. */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "catalog" }
  | { readonly kind: "token" }
  | { readonly kind: "tags"; readonly repository: string }
  /** `reference` is a tag or a digest. */
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly kind: "blob"; readonly repository: string; readonly digest: string }
  /** `upload` is empty where a new one is begun. */
  | { readonly kind: "upload"; readonly repository: string; readonly upload: string };

/** Tells what a path is about, or undefined where it is no registry's. */
export function parseRoute(path: string): Route | undefined {
  if (path === "/token") return { kind: "token" };
  if (path === "/v2/" || path === "/v2") return { kind: "base" };
  if (path === "/v2/_catalog") return { kind: "catalog" };
  const [, repository = "", rest = ""] =
    /^\/v2\/([a-z0-9._/-]+?)\/(tags\/list|(?:manifests|blobs)\/.+)$/.exec(decodeURIComponent(path)) ?? [];
  if (rest === "tags/list") return { kind: "tags", repository };
  if (rest.startsWith("manifests/"))
    return { kind: "manifest", repository, reference: rest.slice("manifests/".length) };
  if (rest.startsWith("blobs/uploads/"))
    return { kind: "upload", repository, upload: rest.slice("blobs/uploads/".length) };
  if (rest.startsWith("blobs/")) return { kind: "blob", repository, digest: rest.slice("blobs/".length) };
  return undefined;
}
