import { error, info, type Rule, warning } from "./rule.ts";

/** The names of the rules that are not about packages. */
export type ImageRuleName =
  | "UntaggedBase"
  | "LatestBase"
  | "CdInsteadOfWorkdir"
  | "SudoInRun"
  | "LastUserRoot"
  | "PipeWithoutPipefail"
  | "DownloadPipedToShell"
  | "AddInsteadOfCopy"
  | "ConsecutiveRun"
  | "RelativeCopyTarget"
  | "InvalidLabelKey"
  | "DuplicateEnv"
  | "UndefinedCopySource"
  | "SecretValue"
  | "InvalidPort"
  | "SeveralCopySources"
  | "EnvRefersToItself"
  | "CopiedArchive"
  | "MachineCommand"
  | "LongUserId"
  | "WgetProgress"
  | "WgetAndCurl"
  | "ShellByLink"
  | "BuildError";

/** What else people know from hadolint. */
export const imageRules: Readonly<Record<ImageRuleName, Rule>> = {
  UntaggedBase: warning("bases without a tag", "Name a version, best with a digest.", { alias: "DL3006" }),
  LatestBase: warning("bases called latest", "Name a version instead of latest.", { alias: "DL3007" }),
  CdInsteadOfWorkdir: warning("`cd` at the beginning of commands", "Use WORKDIR, or a subshell.", {
    codeAdvice: "Use workdir(), or a subshell.",
    alias: "DL3003",
  }),
  SudoInRun: error("sudo", "Leave sudo out: use USER to change the user.", {
    codeAdvice: "Leave sudo out: use user() to change the user.",
    alias: "DL3004",
  }),
  LastUserRoot: info("images whose last user is root", "End with USER and a user without rights.", {
    codeAdvice: "End with user() and a user without rights.",
    alias: "DL3002",
  }),
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
  SecretValue: error("values with the form of a secret", "Revoke it, and use RUN --mount=type=secret.", {
    codeAdvice: "Revoke it, and use secret() among the mounts of run().",
  }),
  InvalidPort: error("ports above 65535", "Name a port from 0 to 65535.", { alias: "DL3011", textual: true }),
  SeveralCopySources: error(
    "several sources into one name, of which the last wins",
    "End the destination with a slash.",
    { alias: "DL3021" },
  ),
  EnvRefersToItself: error(
    "variables that the same ENV sets and uses, which see what they were before",
    "Set the variable in an ENV of its own, before.",
    { alias: "DL3044", textual: true },
  ),
  CopiedArchive: info("archives that are copied and then unpacked", "Use ADD, which unpacks them.", {
    codeAdvice: "Use add(), which unpacks them.",
    alias: "DL3010",
  }),
  MachineCommand: info(
    "commands for a running machine: ssh, vim, service, mount, …",
    "Leave it out: no machine runs while an image is built.",
    { alias: "DL3001" },
  ),
  LongUserId: warning(
    "useradd with a long user id, which makes a large and sparse /var/log/lastlog",
    "Add --no-log-init.",
    { alias: "DL3046" },
  ),
  WgetProgress: info("wget that writes its progress into the log", "Add --progress=dot:giga, or -q.", {
    alias: "DL3047",
  }),
  WgetAndCurl: warning("wget and curl in one image", "Use one of them.", { alias: "DL4001" }),
  ShellByLink: warning("/bin/sh that is linked to another shell", 'Use SHELL ["/bin/bash", "-c"].', {
    codeAdvice: 'Use shell(["/bin/bash", "-c"]).',
    alias: "DL4005",
  }),
  BuildError: error("what no builder accepts", "Mend it: the file cannot be built.", {
    aliases: ["DL3023", "DL3043", "DL3061"],
    textual: true,
  }),
};
