import type { Severity } from "./finding.ts";

/** A rule: what it is called, how much it matters, and what to do about what it finds. */
export interface Rule {
  readonly severity: Severity;
  /** What it is about, for lists of rules. */
  readonly about: string;
  readonly advice: string;
  /** The advice for build files, where it is another. */
  readonly codeAdvice?: string;
  /** The code in hadolint. */
  readonly alias?: string;
  /** Where it is explained. */
  readonly url?: string;
  /** It is about the text of Dockerfiles, so build files cannot break it. */
  readonly textual?: true;
  /** It counts only where the file asks for it. */
  readonly experimental?: true;
}

/** The name of a rule. */
export type RuleName = BuildCheckName | ImageRuleName;

type BuildCheckName =
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

type ImageRuleName =
  | "UntaggedBase"
  | "LatestBase"
  | "CdInsteadOfWorkdir"
  | "SudoInRun"
  | "LastUserRoot"
  | "AptInsteadOfAptGet"
  | "UnpinnedAptPackage"
  | "UnpinnedApkPackage"
  | "UnpinnedPipPackage"
  | "UnpinnedNpmPackage"
  | "AptListsKept"
  | "AptRecommends"
  | "PipeWithoutPipefail"
  | "DownloadPipedToShell"
  | "AddInsteadOfCopy"
  | "ConsecutiveRun"
  | "RelativeCopyTarget"
  | "InvalidLabelKey"
  | "DuplicateEnv"
  | "UndefinedCopySource"
  | "SecretValue"
  | "BuildError";

const explained = "https://docs.docker.com/go/dockerfile/rule/";

type Details = Pick<Rule, "codeAdvice" | "alias" | "textual" | "experimental">;

function buildCheck(page: string | undefined, about: string, advice: string, details: Details = {}): Rule {
  const url = page === undefined ? {} : { url: `${explained}${page}/` };
  return { severity: "warning", about, advice, ...details, ...url };
}

/** The first group: BuildKit's build checks, with its names, codes and messages. */
const buildChecks: Readonly<Record<BuildCheckName, Rule>> = {
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

function warning(about: string, advice: string, details: Details = {}): Rule {
  return { severity: "warning", about, advice, ...details };
}

function info(about: string, advice: string, details: Details = {}): Rule {
  return { severity: "info", about, advice, ...details };
}

const namedVersion = "Name a version";

/** The second group: what else people know from hadolint. */
const imageRules: Readonly<Record<ImageRuleName, Rule>> = {
  UntaggedBase: warning("bases without a tag", `${namedVersion}, best with a digest.`, { alias: "DL3006" }),
  LatestBase: warning("bases called latest", `${namedVersion} instead of latest.`, { alias: "DL3007" }),
  CdInsteadOfWorkdir: warning("`cd` at the beginning of commands", "Use WORKDIR, or a subshell.", {
    codeAdvice: "Use workdir(), or a subshell.",
    alias: "DL3003",
  }),
  SudoInRun: {
    ...warning("sudo", "Leave sudo out: use USER to change the user.", {
      codeAdvice: "Leave sudo out: use user() to change the user.",
      alias: "DL3004",
    }),
    severity: "error",
  },
  LastUserRoot: info("images whose last user is root", "End with USER and a user without rights.", {
    codeAdvice: "End with user() and a user without rights.",
    alias: "DL3002",
  }),
  AptInsteadOfAptGet: warning("`apt` in commands", "Use apt-get or apt-cache.", { alias: "DL3027" }),
  UnpinnedAptPackage: info("apt packages without a version", `${namedVersion}, as package=version.`, {
    alias: "DL3008",
  }),
  UnpinnedApkPackage: info("apk packages without a version", `${namedVersion}, as package=version.`, {
    alias: "DL3018",
  }),
  UnpinnedPipPackage: info("pip packages without a version", `${namedVersion}, as package==version, or use -r.`, {
    alias: "DL3013",
  }),
  UnpinnedNpmPackage: info("npm packages without a version", `${namedVersion}, as package@version, or use npm ci.`, {
    alias: "DL3016",
  }),
  AptListsKept: info("apt's package lists in a layer", "Remove /var/lib/apt/lists/* in the same RUN.", {
    codeAdvice: "Remove /var/lib/apt/lists/* in the same command, or mount a cache there.",
    alias: "DL3009",
  }),
  AptRecommends: info("recommended apt packages", "Add --no-install-recommends.", { alias: "DL3015" }),
  PipeWithoutPipefail: warning(
    "pipes that hide failures",
    'Set SHELL ["/bin/bash", "-o", "pipefail", "-c"] before, or begin with set -o pipefail.',
    {
      codeAdvice: 'Set shell(["/bin/bash", "-o", "pipefail", "-c"]) before, or begin with set -o pipefail.',
      alias: "DL4006",
    },
  ),
  DownloadPipedToShell: warning("`curl … | sh`", "Download it with ADD --checksum, and run the file.", {
    codeAdvice: "Download it with add() and its option checksum, and run the file.",
  }),
  AddInsteadOfCopy: warning("ADD of plain files", "Use COPY.", { codeAdvice: "Use copy().", alias: "DL3020" }),
  ConsecutiveRun: info("RUN after RUN", "Join them where they belong together.", { alias: "DL3059" }),
  RelativeCopyTarget: warning(
    "relative destinations without a working folder",
    "Set WORKDIR before, or name an absolute path.",
    { codeAdvice: "Set workdir() before, or name an absolute path.", alias: "DL3045" },
  ),
  InvalidLabelKey: info(
    "unusual names of labels",
    "Use lower case letters, digits, and single dots and hyphens between them.",
    { alias: "DL3048" },
  ),
  DuplicateEnv: info("variables that get the value they have", "Leave it out."),
  UndefinedCopySource: warning("`--from` that names no stage", "Name a stage above, or an image with its tag.", {
    codeAdvice: "Name the image with its tag, or give another image of the program.",
    alias: "DL3022",
  }),
  SecretValue: {
    ...warning("values with the form of a secret", "Revoke it, and use RUN --mount=type=secret.", {
      codeAdvice: "Revoke it, and use secret() among the mounts of run().",
    }),
    severity: "error",
  },
  BuildError: {
    ...warning("what no builder accepts", "Mend it: the file cannot be built.", { textual: true }),
    severity: "error",
  },
};

/** The rules by name. */
export const rules: Readonly<Record<RuleName, Rule>> = { ...buildChecks, ...imageRules };

/** Tells whether a rule is one of BuildKit's build checks. */
export function isBuildCheck(rule: string): boolean {
  return Object.hasOwn(buildChecks, rule);
}
