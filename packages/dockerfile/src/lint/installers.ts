import type { RuleName } from "./rules.ts";

/** A program that installs packages: how it is told a version, that nobody answers it, and what it keeps. */
export interface Installer {
  readonly programs: readonly string[];
  readonly verbs: readonly string[];
  /** Options whose next word is their value. */
  readonly valued: readonly string[];
  readonly unpinned?: RuleName;
  /** A package without a version. */
  readonly plainPackage: RegExp;
  /** An option that names the version of what is installed. */
  readonly version?: RegExp;
  readonly asks?: RuleName;
  /** The options with which it asks nothing. */
  readonly answered?: RegExp;
  readonly caches?: RuleName;
  /** A command, or a piece of one, that leaves no cache in the layer. */
  readonly cleaned?: RegExp;
  /** What a mounted cache has in its path. */
  readonly cache?: RegExp;
}

const rpm = {
  verbs: ["install", "groupinstall", "localinstall", "reinstall"],
  valued: ["-c", "--config", "--releasever", "--installroot", "--repo", "--setopt"],
  // A version begins with a digit.
  plainPackage: /^@?[a-z0-9][\w.+]*(?:-[a-z_][\w.+]*)*$/i,
  answered: /^(?:-\w*y\w*|--assumeyes|--assume-yes)$/,
} as const;

export const installers: readonly Installer[] = [
  {
    programs: ["apt-get", "apt"],
    verbs: ["install"],
    valued: ["-t", "--target-release", "-o", "-c"],
    unpinned: "UnpinnedAptPackage",
    plainPackage: /^[a-z0-9][a-z0-9.+-]*$/,
    asks: "AptAsksQuestions",
    answered: /^(?:-\w*y\w*|--yes|--assume-yes|-qq\w*|-q=2)$/,
  },
  {
    programs: ["apk"],
    verbs: ["add"],
    valued: ["-t", "--virtual", "-X", "--repository", "-p", "--root"],
    unpinned: "UnpinnedApkPackage",
    plainPackage: /^[a-z0-9][\w.+-]*$/i,
    caches: "ApkCacheKept",
    cleaned: /--no-cache|\/var\/cache\/apk|apk cache clean/,
    cache: /\/(?:var\/cache|etc)\/apk/,
  },
  {
    programs: ["yum"],
    ...rpm,
    unpinned: "UnpinnedYumPackage",
    asks: "YumAsksQuestions",
    caches: "YumCacheKept",
    cleaned: /yum(?: -\S+)* clean|\/var\/cache\/yum/,
    cache: /\/var\/cache/,
  },
  {
    programs: ["dnf", "microdnf"],
    ...rpm,
    unpinned: "UnpinnedDnfPackage",
    asks: "DnfAsksQuestions",
    caches: "DnfCacheKept",
    cleaned: /dnf(?: -\S+)* clean|\/var\/cache\/(?:lib)?dnf/,
    cache: /\/var\/cache/,
  },
  {
    programs: ["zypper"],
    verbs: ["install", "in"],
    valued: ["-t", "--type", "-r", "--repo", "--from"],
    unpinned: "UnpinnedZypperPackage",
    plainPackage: /^[a-z0-9][\w.+-]*$/i,
    asks: "ZypperAsksQuestions",
    answered: /^(?:-\w*[ny]\w*|--non-interactive|--no-confirm)$/,
    caches: "ZypperCacheKept",
    cleaned: /zypper(?: -\S+)* (?:clean|cc)\b|\/var\/cache\/zypp/,
    cache: /\/var\/cache/,
  },
  {
    programs: ["pip", "pip3"],
    verbs: ["install"],
    valued: ["-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "-t", "--target"],
    unpinned: "UnpinnedPipPackage",
    plainPackage: /^[a-z0-9][\w.-]*(?:\[[\w,-]*\])?$/i,
    caches: "PipCacheKept",
    cleaned: /--no-cache-dir|PIP_NO_CACHE_DIR|pip3? cache purge|\.cache/,
    cache: /\.cache|pip/,
  },
  {
    programs: ["npm"],
    verbs: ["install", "i", "add"],
    valued: ["--prefix", "--registry", "-C"],
    unpinned: "UnpinnedNpmPackage",
    plainPackage: /^(?:@[\w.-]+\/)?[a-z0-9][\w.-]*$/i,
  },
  {
    programs: ["yarn"],
    verbs: ["install"],
    valued: [],
    plainPackage: /^$/,
    caches: "YarnCacheKept",
    cleaned: /yarn cache clean|--cache-folder|\.cache|YARN_CACHE_FOLDER/,
    cache: /yarn|\.cache/,
  },
  {
    programs: ["gem"],
    verbs: ["install", "i"],
    valued: ["-n", "--bindir", "-i", "--install-dir", "-s", "--source", "-P", "--trust-policy"],
    unpinned: "UnpinnedGemPackage",
    plainPackage: /^[a-z0-9][\w.-]*$/i,
    version: /^(?:-v|--version)/,
  },
  {
    programs: ["go"],
    verbs: ["install"],
    valued: ["-ldflags", "-tags", "-o", "-p", "-mod"],
    unpinned: "UnpinnedGoPackage",
    plainPackage: /^[\w-]+(?:\.[\w-]+)+\/[^@]+$/,
  },
];
