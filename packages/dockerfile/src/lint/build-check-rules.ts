import type { Rule, RuleDetails } from "./rule.ts";

/** The names of BuildKit's build checks. */
export type BuildCheckName =
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
  | "InvalidBaseImagePlatform"
  | "RedundantTargetPlatform"
  | "SecretsUsedInArgOrEnv"
  | "InvalidDefaultArgInFrom"
  | "FromPlatformFlagConstDisallowed"
  | "CopyIgnoredFile"
  | "InvalidDefinitionDescription"
  | "ExposeProtoCasing"
  | "ExposeInvalidFormat";

const explained = "https://docs.docker.com/go/dockerfile/rule/";

function buildCheck(page: string | undefined, about: string, advice: string, details: RuleDetails = {}): Rule {
  const url = page === undefined ? {} : { url: `${explained}${page}/` };
  return { severity: "warning", about, advice, ...details, ...url };
}

/** BuildKit's build checks, with its names, codes and messages. */
export const buildCheckRules: Readonly<Record<BuildCheckName, Rule>> = {
  StageNameCasing: buildCheck("stage-name-casing", "stage names in capitals", "Write the stage's name in lower case.", {
    textual: true,
  }),
  FromAsCasing: buildCheck("from-as-casing", "`as` beside `FROM`", "Write AS in the case of FROM.", { textual: true }),
  NoEmptyContinuation: buildCheck(
    "no-empty-continuation",
    "empty lines in continued instructions",
    "Remove the empty line, or make it a comment.",
    { textual: true },
  ),
  ConsistentInstructionCasing: buildCheck(
    "consistent-instruction-casing",
    "instructions in capitals and in small letters",
    "Write all instructions in one case.",
    { textual: true },
  ),
  DuplicateStageName: buildCheck(
    "duplicate-stage-name",
    "two stages with one name",
    "Give the stage a name of its own.",
    { alias: "DL3024", textual: true },
  ),
  ReservedStageName: buildCheck(
    "reserved-stage-name",
    "images called `scratch` or `context`",
    "Give the stage another name.",
    { codeAdvice: "Export the image under another name." },
  ),
  JSONArgsRecommended: buildCheck(
    "json-args-recommended",
    "commands of containers that a shell runs",
    "Write a JSON array, so that the program gets signals.",
    { codeAdvice: "Give a list of arguments, so that the program gets signals.", alias: "DL3025" },
  ),
  MaintainerDeprecated: buildCheck(
    "maintainer-deprecated",
    "the author in the config",
    "Use LABEL org.opencontainers.image.authors. The author field of the image's config goes with MAINTAINER.",
    {
      codeAdvice:
        'Use label({ "org.opencontainers.image.authors": … }). The author field of the image\'s config goes with maintainer().',
      alias: "DL4000",
    },
  ),
  UndefinedArgInFrom: buildCheck(
    "undefined-arg-in-from",
    "undeclared arguments in FROM",
    "Declare it with ARG before the first FROM.",
    { textual: true },
  ),
  WorkdirRelativePath: buildCheck(
    "workdir-relative-path",
    "working folders that depend on the base's",
    "Write an absolute path.",
    { alias: "DL3000" },
  ),
  UndefinedVar: buildCheck("undefined-var", "variables without a value", "Declare it with ARG or ENV in this stage.", {
    textual: true,
  }),
  MultipleInstructionsDisallowed: buildCheck(
    "multiple-instructions-disallowed",
    "several CMD, ENTRYPOINT or HEALTHCHECK",
    "Keep the last one only.",
    { aliases: ["DL3012", "DL4003", "DL4004"] },
  ),
  LegacyKeyValueFormat: buildCheck(
    "legacy-key-value-format",
    "`ENV name value`",
    "Put an equals sign between name and value.",
    { textual: true },
  ),
  InvalidBaseImagePlatform: buildCheck(
    undefined,
    "bases for another platform; where bases are looked up",
    "Name a base that is for this platform, or build for the base's.",
  ),
  RedundantTargetPlatform: buildCheck(
    "redundant-target-platform",
    "`--platform=$TARGETPLATFORM`",
    "Leave --platform out.",
    { textual: true },
  ),
  SecretsUsedInArgOrEnv: buildCheck(
    "secrets-used-in-arg-or-env",
    "arguments and variables that are called like secrets",
    "Use RUN --mount=type=secret.",
    { codeAdvice: "Use secret() among the mounts of run()." },
  ),
  InvalidDefaultArgInFrom: buildCheck(
    "invalid-default-arg-in-from",
    "bases that are no image without `--build-arg`",
    "Give the ARG a default that names an image.",
    { textual: true },
  ),
  FromPlatformFlagConstDisallowed: buildCheck(
    "from-platform-flag-const-disallowed",
    "constant `--platform` in FROM",
    "Leave --platform out, or use $BUILDPLATFORM.",
    { alias: "DL3029", textual: true },
  ),
  CopyIgnoredFile: buildCheck(
    "copy-ignored-file",
    "copies of files that `.dockerignore` excludes",
    "Take the file out of .dockerignore, or do not copy it.",
  ),
  InvalidDefinitionDescription: buildCheck(
    "invalid-definition-description",
    "comments above stages and arguments that do not describe them",
    "Begin the comment with the name, or put an empty line behind it.",
    { textual: true, experimental: true },
  ),
  ExposeProtoCasing: buildCheck("expose-proto-casing", "protocols in capitals", "Write the protocol in lower case.", {
    textual: true,
  }),
  ExposeInvalidFormat: buildCheck(
    "expose-invalid-format",
    "addresses and host ports in EXPOSE",
    "Name the container's port only.",
    { textual: true },
  ),
};
