import { resolve } from "node:path";
import { StrakeError } from "@strake/core";
import type { NamedContext } from "@strake/dockerfile";

/**
 * Reads what a named context stands for, in buildx's and bake's notation.
 *
 * @throws StrakeError `usage`
 */
export function parseNamedContext(name: string, value: string): NamedContext {
  const layout = parseLayoutContext(value);
  if (layout !== undefined) {
    const { path, ...reference } = layout;
    return { type: "layout", name: value, base: { ...reference, path: { root: path, path: "." } } };
  }
  const stage = /^target:(.+)$/.exec(value)?.[1];
  if (stage !== undefined) return { type: "stage", name: stage };
  const [, scheme, rest = ""] = /^([a-z-]+):\/\/(.*)$/.exec(value) ?? [];
  if (scheme === "docker-image") return { type: "reference", name: rest };
  if (scheme === "docker-daemon") return { type: "reference", name: value };
  if (scheme === undefined) return { type: "context", root: resolve(value) };
  throw new StrakeError({
    code: "usage",
    message: `--build-context ${name}=${value}: contexts of ${scheme}:// are not known`,
    notes: [
      "Name a folder, docker-image://NAME, docker-daemon://NAME, oci-layout://FOLDER, target:STAGE, a git repository, or the address of a file.",
    ],
  });
}

/** An image of a layout, as `oci-layout://FOLDER`, with `:TAG` or `@DIGEST` behind it; undefined for anything else. */
export function parseLayoutContext(
  value: string,
): { readonly type: "ociLayout"; readonly path: string; readonly reference?: string } | undefined {
  const [, path, tag, digest] =
    /^oci-layout:\/\/(.+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(value) ?? [];
  if (path === undefined) return undefined;
  const reference = digest ?? tag;
  return { type: "ociLayout", path: resolve(path), ...(reference === undefined ? {} : { reference }) };
}
