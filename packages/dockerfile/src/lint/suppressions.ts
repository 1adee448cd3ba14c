import type { DockerfileTree, Instruction } from "../syntax/tree.ts";

/** What the file itself says about checks. */
export interface Suppressions {
  /** `error=true`: every warning is an error. */
  readonly strict: boolean;
  /** Whether a rule, by its name or its code in hadolint, is to be left out at an instruction. */
  skips(rule: string, alias: string | undefined, at: Instruction): boolean;
}

/** Reads `# check=skip=…;error=true`, `# hadolint ignore=…`, `# hadolint global ignore=…` and `# strake ignore=…`. */
export function readSuppressions(tree: DockerfileTree): Suppressions {
  const check = tree.directives.find(({ name }) => name === "check")?.value ?? "";
  const options = new Map(
    check.split(";").map((part) => {
      const [name = "", ...value] = part.split("=");
      return [name.trim(), value.join("=").trim()] as const;
    }),
  );
  const everywhere = new Set([...split(options.get("skip") ?? ""), ...globally(tree)]);
  return {
    strict: options.get("error")?.toLowerCase() === "true",
    skips: (rule, alias, at) => {
      const here = at.comments.flatMap(ignored);
      const named = (names: Iterable<string>) => [...names].some((name) => name === rule || name === alias);
      return everywhere.has("all") || named(everywhere) || named(here);
    },
  };
}

function ignored(comment: string): readonly string[] {
  const found = /^\s*(?:(?:hadolint|strake)\s+ignore|check\s*=\s*skip)\s*=\s*(\S.*)$/.exec(comment)?.[1];
  return split(found ?? "");
}

function globally(tree: DockerfileTree): readonly string[] {
  const comments = tree.parts.filter(({ type }) => type === "comment").map(({ text }) => text);
  return comments.flatMap((text) =>
    split(/^\s*#\s*(?:hadolint|strake)\s+global\s+ignore\s*=\s*(.*)/.exec(text)?.[1] ?? ""),
  );
}

function split(names: string): readonly string[] {
  return names.split(/[,\s]+/).filter((name) => name !== "");
}
