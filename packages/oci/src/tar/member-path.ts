import { OciError } from "../oci-error.ts";

/**
 * Makes the name of a tar's member the path of an entry: `./a//b/` and `/a/b` are `a/b`, `./` is the root `""`.
 *
 * @throws OciError `unsafe-path` for a name that leaves the root by `..` or holds NUL
 */
export function memberPath(name: string): string {
  let path = name.endsWith("/") ? name.slice(0, -1) : name;
  if (path.startsWith("./")) path = path.slice(2);
  if (isNormal(path)) return path;
  if (name.includes("\0")) throw unsafe(name, "holds NUL");
  const components = name.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes("..")) throw unsafe(name, "leads out of the tar by ..");
  return components.join("/");
}

/**
 * Makes the target of a hard link the path of the entry that it names.
 *
 * @throws OciError `unsafe-path` for a target that is absolute, leaves the root, is the root or holds NUL
 */
export function hardlinkTarget(name: string, target: string): string {
  if (target.startsWith("/")) throw unsafe(target, `is absolute, but "${name}" is a hard link to it`);
  const path = memberPath(target);
  if (path === "") throw unsafe(target, `is no file, but "${name}" is a hard link to it`);
  return path;
}

/** Tells whether a path is as entries have it; says no to some that are, such as those with a `.hidden` component. */
function isNormal(path: string): boolean {
  return (
    path !== "" &&
    !path.includes("/.") &&
    !path.includes("//") &&
    !path.includes("\0") &&
    !path.startsWith(".") &&
    !path.startsWith("/") &&
    !path.endsWith("/")
  );
}

function unsafe(path: string, why: string): OciError {
  return new OciError("unsafe-path", `the path "${path.replaceAll("\0", "\\0")}" in the tar ${why}`);
}
