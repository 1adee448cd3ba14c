import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import { isCalled, type Rule } from "./rule.ts";

/** What the file itself says about checks. */
export interface Suppressions {
  /** `error=true`: every warning is an error. */
  readonly strict: boolean;
  /** Whether a rule, by its name or its code in hadolint, is to be left out at an instruction. */
  skips(name: string, rule: Rule, at: Instruction): boolean;
}

/** What a `check=…` says: which rules to leave out, and which to take in. */
interface CheckOptions {
  readonly skip: readonly string[];
  readonly experimental: readonly string[];
  readonly error: boolean;
}

/**
 * Reads `# check=skip=…;error=true;experimental=…`, at the top or above an instruction, and `# hadolint ignore=…`,
 * `# hadolint global ignore=…` and the same with `strake`. As in BuildKit, an argument of the build can stand in for
 * what the file says at its top.
 */
export function readSuppressions(tree: DockerfileTree, buildArgs?: ReadonlyMap<string, string>): Suppressions {
  const given = buildArgs?.get("BUILDKIT_DOCKERFILE_CHECK");
  const file = readCheck(given ?? tree.directives.find(({ name }) => name === "check")?.value ?? "");
  const everywhere = [...file.skip, ...globally(tree)];
  return {
    strict: file.error,
    skips: (name, rule, at) => {
      const { experimental } = rule;
      const here = at.comments.map((comment) => readCheck(/^\s*check\s*=\s*(\S+)/.exec(comment)?.[1] ?? ""));
      const named = (names: readonly string[]) => names.some((each) => isCalled(name, rule, each));
      const wanted = [file, ...here].flatMap((options) => options.experimental);
      if (experimental && !wanted.includes("all") && !named(wanted)) return true;
      const skipped = [...everywhere, ...here.flatMap(({ skip }) => skip), ...at.comments.flatMap(ignored)];
      return named(skipped) || (!experimental && skipped.includes("all"));
    },
  };
}

function readCheck(text: string): CheckOptions {
  const options = new Map(
    text.split(";").map((part) => {
      const [name = "", ...value] = part.split("=");
      return [name.trim(), value.join("=").trim()] as const;
    }),
  );
  const list = (name: string) => split(options.get(name) ?? "");
  return {
    skip: list("skip"),
    experimental: list("experimental"),
    error: options.get("error")?.toLowerCase() === "true",
  };
}

function ignored(comment: string): readonly string[] {
  return split(/^\s*(?:hadolint|strake)\s+ignore\s*=\s*(\S.*)$/.exec(comment)?.[1] ?? "");
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
