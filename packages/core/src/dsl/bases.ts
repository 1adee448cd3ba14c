import type { CallSite } from "../graph/call-site.ts";
import { captureCallSite } from "../graph/capture-call-site.ts";
import type { Base, Defined, LocalPath } from "../graph/definition.ts";
import { toPosix } from "../graph/posix-path.ts";
import { aString, checkOptions } from "./check-options.ts";
import { siteFolder } from "./files.ts";
import { checkStrings, toDefinition } from "./text-values.ts";

/** A base that is neither a name nor an image of this program; made by `ociLayout()`, `archive()`, `rootfs()`, `diff()`. */
export interface BaseValue {
  readonly isStrakeBase: true;
  readonly base: Base;
}

/** An empty file system to start from; `FROM scratch`. */
export const scratch: BaseValue = Object.freeze({ isStrakeBase: true, base: Object.freeze({ type: "scratch" }) });

/** An image in an OCI image layout folder; with several images in it, `reference` says which. */
export function ociLayout(path: string, options: { readonly reference?: string } = {}): BaseValue {
  const checked = checkOptions<typeof options>("ociLayout", options, { reference: aString });
  return baseValue({ type: "ociLayout", path: localPath(path, captureCallSite(ociLayout)), ...checked });
}

/** An image in a tar, as `docker save` or an OCI exporter writes it. */
export function archive(path: string, options: { readonly reference?: string } = {}): BaseValue {
  const checked = checkOptions<typeof options>("archive", options, { reference: aString });
  return baseValue({ type: "archive", path: localPath(path, captureCallSite(archive)), ...checked });
}

/** A tar of a root file system, compressed or not, as `docker export` or mmdebstrap writes it. */
export function rootfs(path: string): BaseValue {
  return baseValue({ type: "rootfs", path: localPath(path, captureCallSite(rootfs)) });
}

/** The files that one image has and another has not; what it deletes is deleted again where the result is merged. */
export function diff(lower: Defined, upper: Defined): BaseValue {
  return baseValue({ type: "diff", lower: toDefinition(lower), upper: toDefinition(upper) });
}

function baseValue(base: Base): BaseValue {
  return Object.freeze({ isStrakeBase: true, base: Object.freeze(base) });
}

function localPath(path: string, site: CallSite): LocalPath {
  checkStrings([path]);
  return { root: siteFolder(site), path: toPosix(path) };
}
