import { nearest, platformArguments } from "@strake/core";
import { parseBaseName } from "@strake/oci/document";
import { ExpandError, expandWord, expandWords } from "../expand/expand.ts";
import type { Check, LintedFile } from "./linted-file.ts";

/** What FROM says with variables: the image and the platform. */
export const checkFrom: Check = (file, report) => {
  const defaults = defaultValues(file);
  for (const { from, base, name = "" } of file.stages) {
    const platform = from.flags.find((flag) => flag.name === "platform")?.value;
    const unset = new Set([...unsetNames(base.value, defaults, file), ...unsetNames(platform ?? "", defaults, file)]);
    for (const each of unset) {
      const near = nearest(each, defaults.keys());
      const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
      report("UndefinedArgInFrom", from, `FROM argument '${each}' is not declared${hint}`);
    }
    if (!isImage(base.value, defaults, file)) {
      const message = `Default value for ARG ${base.value} results in empty or invalid base image name`;
      report("InvalidDefaultArgInFrom", from, message);
    }
    if (platform === undefined) continue;
    if (/^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform)) {
      const message = `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`;
      report("RedundantTargetPlatform", from, message);
    }
    // A stage that is named for its platform is meant to be for that one.
    const [os = "", architecture = os] = platform.split("/");
    if (platform.includes("$") || name.includes(os) || name.includes(architecture)) continue;
    const message = `FROM --platform flag should not use constant value "${platform}"`;
    report("FromPlatformFlagConstDisallowed", from, message);
  }
};

function defaultValues(file: LintedFile): Map<string, string> {
  const values = new Map<string, string>(platformArguments.map((name) => [name, "linux"]));
  values.set("TARGETSTAGE", "default");
  for (const { value } of file.globals.flatMap(({ words }) => words)) {
    const [name = "", ...rest] = value.split("=");
    values.set(name, expanded(rest.join("="), values, file) ?? "");
  }
  return values;
}

function expanded(text: string, values: ReadonlyMap<string, string>, { tree }: LintedFile): string | undefined {
  try {
    return expandWord(text, values, { escape: tree.escape });
  } catch (error) {
    if (error instanceof ExpandError) return undefined;
    throw error;
  }
}

function isImage(text: string, values: ReadonlyMap<string, string>, file: LintedFile): boolean {
  const name = expanded(text, values, file);
  if (name === undefined) return true;
  try {
    parseBaseName(name);
    return true;
  } catch {
    return false;
  }
}

function unsetNames(text: string, values: ReadonlyMap<string, string>, { tree }: LintedFile): readonly string[] {
  const unset: string[] = [];
  try {
    expandWords(text, values, { escape: tree.escape, onUnset: (name) => unset.push(name) });
  } catch (error) {
    if (!(error instanceof ExpandError)) throw error;
  }
  return unset;
}
