import type { Severity } from "./finding.ts";

/** A rule: what it is called, how much it matters, and what to do about what it finds. */
export interface Rule {
  readonly severity: Severity;
  readonly advice: string;
  /** The code in hadolint. */
  readonly alias?: string;
  /** Where it is explained. */
  readonly url?: string;
}

/** The name of a rule. */
export type RuleName =
  | "StageNameCasing"
  | "FromAsCasing"
  | "NoEmptyContinuation"
  | "ConsistentInstructionCasing"
  | "DuplicateStageName"
  | "ReservedStageName"
  | "JSONArgsRecommended"
  | "MaintainerDeprecated"
  | "UndefinedArgInFrom"
  | "WorkdirRelativePath"
  | "UndefinedVar"
  | "MultipleInstructionsDisallowed"
  | "LegacyKeyValueFormat"
  | "RedundantTargetPlatform"
  | "SecretsUsedInArgOrEnv"
  | "InvalidDefaultArgInFrom"
  | "FromPlatformFlagConstDisallowed"
  | "ExposeProtoCasing"
  | "ExposeInvalidFormat"
  | "UntaggedBase"
  | "LatestBase"
  | "CdInsteadOfWorkdir"
  | "SudoInRun"
  | "LastUserRoot"
  | "UnpinnedAptPackage"
  | "AptListsKept"
  | "AptRecommends"
  | "PipeWithoutPipefail"
  | "AddInsteadOfCopy"
  | "ConsecutiveRun"
  | "RelativeCopyTarget"
  | "InvalidLabelKey"
  | "UndefinedCopySource"
  | "SecretValue";

const explained = "https://docs.docker.com/go/dockerfile/rule/";

function buildCheck(page: string, advice: string, alias?: string): Rule {
  const url = `${explained}${page}/`;
  return { severity: "warning", advice, url, ...(alias === undefined ? {} : { alias }) };
}

/** The rules by name. The first group has the names and messages of BuildKit's build checks. */
export const rules: Readonly<Record<RuleName, Rule>> = {
  StageNameCasing: buildCheck("stage-name-casing", "Write the stage's name in lower case."),
  FromAsCasing: buildCheck("from-as-casing", "Write AS in the case of FROM."),
  NoEmptyContinuation: buildCheck("no-empty-continuation", "Remove the empty line, or make it a comment."),
  ConsistentInstructionCasing: buildCheck("consistent-instruction-casing", "Write all instructions in one case."),
  DuplicateStageName: buildCheck("duplicate-stage-name", "Give the stage a name of its own.", "DL3024"),
  ReservedStageName: buildCheck("reserved-stage-name", "Give the stage another name."),
  JSONArgsRecommended: buildCheck(
    "json-args-recommended",
    "Write a JSON array, so that the program gets signals.",
    "DL3025",
  ),
  MaintainerDeprecated: buildCheck(
    "maintainer-deprecated",
    "Use LABEL org.opencontainers.image.authors. The author field of the image's config goes with MAINTAINER.",
    "DL4000",
  ),
  UndefinedArgInFrom: buildCheck("undefined-arg-in-from", "Declare it with ARG before the first FROM."),
  WorkdirRelativePath: buildCheck("workdir-relative-path", "Write an absolute path.", "DL3000"),
  UndefinedVar: buildCheck("undefined-var", "Declare it with ARG or ENV in this stage."),
  MultipleInstructionsDisallowed: buildCheck("multiple-instructions-disallowed", "Keep the last one only."),
  LegacyKeyValueFormat: buildCheck("legacy-key-value-format", "Put an equals sign between name and value."),
  RedundantTargetPlatform: buildCheck("redundant-target-platform", "Leave --platform out."),
  SecretsUsedInArgOrEnv: buildCheck("secrets-used-in-arg-or-env", "Use RUN --mount=type=secret."),
  InvalidDefaultArgInFrom: buildCheck("invalid-default-arg-in-from", "Give the ARG a default that names an image."),
  FromPlatformFlagConstDisallowed: buildCheck(
    "from-platform-flag-const-disallowed",
    "Leave --platform out, or use $BUILDPLATFORM.",
    "DL3029",
  ),
  ExposeProtoCasing: buildCheck("expose-proto-casing", "Write the protocol in lower case."),
  ExposeInvalidFormat: buildCheck("expose-invalid-format", "Name the container's port only."),
  UntaggedBase: { severity: "warning", alias: "DL3006", advice: "Name a version, best with a digest." },
  LatestBase: { severity: "warning", alias: "DL3007", advice: "Name a version instead of latest." },
  CdInsteadOfWorkdir: { severity: "warning", alias: "DL3003", advice: "Use WORKDIR, or a subshell." },
  SudoInRun: { severity: "error", alias: "DL3004", advice: "Leave sudo out: use USER to change the user." },
  LastUserRoot: { severity: "warning", alias: "DL3002", advice: "End with USER and a user without rights." },
  UnpinnedAptPackage: { severity: "info", alias: "DL3008", advice: "Name a version, as package=version." },
  AptListsKept: { severity: "info", alias: "DL3009", advice: "Remove /var/lib/apt/lists/* in the same RUN." },
  AptRecommends: { severity: "info", alias: "DL3015", advice: "Add --no-install-recommends." },
  PipeWithoutPipefail: {
    severity: "warning",
    alias: "DL4006",
    advice: 'Set SHELL ["/bin/bash", "-o", "pipefail", "-c"] before, or begin with set -o pipefail.',
  },
  AddInsteadOfCopy: { severity: "warning", alias: "DL3020", advice: "Use COPY." },
  ConsecutiveRun: { severity: "info", alias: "DL3059", advice: "Join them where they belong together." },
  RelativeCopyTarget: { severity: "warning", alias: "DL3045", advice: "Set WORKDIR before, or name an absolute path." },
  InvalidLabelKey: {
    severity: "info",
    alias: "DL3048",
    advice: "Use lower case letters, digits, and single dots and hyphens between them.",
  },
  UndefinedCopySource: {
    severity: "warning",
    alias: "DL3022",
    advice: "Name a stage above, or an image with its tag.",
  },
  SecretValue: { severity: "error", advice: "Revoke it, and use RUN --mount=type=secret." },
};
