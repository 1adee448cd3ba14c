import { captureCallSite } from "../graph/capture-call-site.ts";
import type { TextValue } from "../output/expression.ts";
import { type Text, toTextValue } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";

/** A file that stands in the build file, for `copy` and `add`; made by `content()`. */
export interface Content {
  readonly isStrakeContent: true;
  readonly name: string;
  readonly text: TextValue;
}

/**
 * A file whose content stands in the build file, to be copied like one that is there; a heredoc of COPY.
 *
 * Where it is the only one and its place is known, `write()` says the same in fewer words.
 *
 * @param name what the file is called in a folder that it is copied to
 * @throws StrakeError `invalid-path` for a name that is none
 * @example
 * image().from("debian:bookworm").copy([content("motd", "hello\n"), "issue"], "/etc/")
 */
export function content(name: string, text: Text): Content {
  if (typeof name !== "string" || !/^[^/\0\s]+$/.test(name) || /^\.{1,2}$/.test(name)) {
    throw new StrakeError({
      code: "invalid-path",
      message: `"${name}" is not the name of a file`,
      site: captureCallSite(content),
    });
  }
  return Object.freeze({ isStrakeContent: true, name, text: toTextValue(text) });
}
