import { info, type Rule, warning } from "./rule.ts";

/** The names of the rules about packages. */
export type PackageRuleName =
  | "AptInsteadOfAptGet"
  | "AptListsKept"
  | "AptRecommends"
  | "ZypperDistUpgrade"
  | `Unpinned${"Apt" | "Apk" | "Yum" | "Dnf" | "Zypper" | "Pip" | "Npm" | "Gem" | "Go"}Package`
  | `${"Apt" | "Yum" | "Dnf" | "Zypper"}AsksQuestions`
  | `${"Apk" | "Yum" | "Dnf" | "Zypper" | "Pip" | "Yarn"}CacheKept`;

function unpinned(packages: string, how: string, alias: string): Rule {
  return info(`${packages} without a version`, `Name a version, ${how}.`, { alias });
}

function asksQuestions(program: string, option: string, alias: string): Rule {
  return warning(`${program} that asks before it does something`, `Add ${option}: nobody can answer.`, { alias });
}

function cacheKept(program: string, advice: string, alias: string): Rule {
  return info(`the cache of ${program} in a layer`, `${advice}, or mount a cache there.`, { alias });
}

/** What people know from hadolint about the programs that install packages. */
export const packageRules: Readonly<Record<PackageRuleName, Rule>> = {
  AptInsteadOfAptGet: warning("`apt` in commands", "Use apt-get or apt-cache.", { alias: "DL3027" }),
  AptListsKept: info("apt's package lists in a layer", "Remove /var/lib/apt/lists/* in the same RUN.", {
    codeAdvice: "Remove /var/lib/apt/lists/* in the same command, or mount a cache there.",
    alias: "DL3009",
  }),
  AptRecommends: info("recommended apt packages", "Add --no-install-recommends.", { alias: "DL3015" }),
  ZypperDistUpgrade: warning("`zypper dist-upgrade`", "Take a newer base instead.", { alias: "DL3035" }),
  UnpinnedAptPackage: unpinned("apt packages", "as package=version", "DL3008"),
  UnpinnedApkPackage: unpinned("apk packages", "as package=version", "DL3018"),
  UnpinnedYumPackage: unpinned("yum packages", "as package-version", "DL3033"),
  UnpinnedDnfPackage: unpinned("dnf packages", "as package-version", "DL3041"),
  UnpinnedZypperPackage: unpinned("zypper packages", "as package=version", "DL3037"),
  UnpinnedPipPackage: unpinned("pip packages", "as package==version, or use -r", "DL3013"),
  UnpinnedNpmPackage: unpinned("npm packages", "as package@version, or use npm ci", "DL3016"),
  UnpinnedGemPackage: unpinned("gems", "as gem:version", "DL3028"),
  UnpinnedGoPackage: unpinned("go packages", "as package@version", "DL3062"),
  AptAsksQuestions: asksQuestions("apt-get", "-y", "DL3014"),
  YumAsksQuestions: asksQuestions("yum", "-y", "DL3030"),
  DnfAsksQuestions: asksQuestions("dnf", "-y", "DL3038"),
  ZypperAsksQuestions: asksQuestions("zypper", "--non-interactive", "DL3034"),
  ApkCacheKept: cacheKept("apk", "Add --no-cache", "DL3019"),
  YumCacheKept: cacheKept("yum", "Run yum clean all in the same RUN", "DL3032"),
  DnfCacheKept: cacheKept("dnf", "Run dnf clean all in the same RUN", "DL3040"),
  ZypperCacheKept: cacheKept("zypper", "Run zypper clean in the same RUN", "DL3036"),
  PipCacheKept: cacheKept("pip", "Add --no-cache-dir", "DL3042"),
  YarnCacheKept: cacheKept("yarn", "Run yarn cache clean in the same RUN", "DL3060"),
};
