import type { CallSite } from "../graph/call-site.ts";
import type { CopyFrom, Defined } from "../graph/definition.ts";
import { StrakeError } from "../strake-error.ts";
import { type LocalFolder, siteFolder } from "./files.ts";

/** Where files can come from: another image, the name of one in a registry, or a folder of this machine. */
export type From = Defined | LocalFolder | string;

/** Reads the option `from`; without it files come from the build file's folder. */
export function toCopyFrom(from: From | undefined, site: CallSite): CopyFrom {
  if (from === undefined) return { type: "context", root: siteFolder(site) };
  if (typeof from === "string") return { type: "reference", name: from };
  if (typeof from === "object" && from !== null) {
    if ("isStrakeFolder" in from) return { type: "context", root: from.root };
    if ("definition" in from) return { type: "image", image: from.definition };
  }
  throw new StrakeError({
    code: "invalid-from",
    message: "the option from takes an image, the name of an image, or local(folder)",
    site,
  });
}
