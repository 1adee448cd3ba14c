/** What a request is about, as the OCI distribution spec 1.1 lists its endpoints; `token` is the token realm. */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "catalog" }
  | { readonly kind: "token" }
  | { readonly kind: "tags"; readonly repository: string }
  /** `reference` is a tag or a digest. */
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly kind: "blob"; readonly repository: string; readonly digest: string }
  | { readonly kind: "referrers"; readonly repository: string; readonly digest: string }
  /** `upload` is empty where a new one is begun. */
  | { readonly kind: "upload"; readonly repository: string; readonly upload: string };

/** What the spec allows as the name of a repository. */
const part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repositoryRoute = new RegExp(
  `^/v2/(${part}(?:/${part})*)/(tags/list|(?:manifests|blobs|referrers)/.+|blobs/uploads)$`,
);

/** A tag, or whatever else could be meant as a digest. */
const referenceForm = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|[^/]+:[^/]+)$/;

/** Tells what a path is about, or undefined where it is no registry's. */
export function parseRoute(path: string): Route | undefined {
  const decoded = decode(path);
  if (decoded === "/token") return { kind: "token" };
  if (decoded === "/v2/" || decoded === "/v2") return { kind: "base" };
  if (decoded === "/v2/_catalog") return { kind: "catalog" };
  const [, repository = "", rest = ""] = repositoryRoute.exec(decoded) ?? [];
  if (rest === "") return undefined;
  if (rest === "tags/list") return { kind: "tags", repository };
  if (rest === "blobs/uploads") return { kind: "upload", repository, upload: "" };
  const end = rest.slice(rest.indexOf("/") + 1);
  if (rest.startsWith("blobs/uploads/")) return { kind: "upload", repository, upload: end.slice("uploads/".length) };
  if (rest.startsWith("blobs/")) return { kind: "blob", repository, digest: end };
  if (rest.startsWith("referrers/")) return { kind: "referrers", repository, digest: end };
  return referenceForm.test(end) ? { kind: "manifest", repository, reference: end } : undefined;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Percent signs that mean nothing are in no address of a registry.
    return "";
  }
}
