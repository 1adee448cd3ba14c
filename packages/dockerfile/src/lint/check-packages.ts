import type { RunNode } from "@strake/core";
import { type ReportStatement, shownText } from "./linted-images.ts";
import type { RuleName } from "./rules.ts";

/** A program that installs packages, and how it is told a version. */
interface Installer {
  readonly rule: RuleName;
  readonly programs: readonly string[];
  readonly verbs: readonly string[];
  /** Options whose next word is their value. */
  readonly valued: readonly string[];
  /** A package without a version. */
  readonly unpinned: RegExp;
}

const installers: readonly Installer[] = [
  {
    rule: "UnpinnedAptPackage",
    programs: ["apt-get", "apt"],
    verbs: ["install"],
    valued: ["-t", "--target-release", "-o", "-c"],
    unpinned: /^[a-z0-9][a-z0-9.+-]*$/,
  },
  {
    rule: "UnpinnedApkPackage",
    programs: ["apk"],
    verbs: ["add"],
    valued: ["-t", "--virtual", "-X", "--repository", "-p", "--root"],
    unpinned: /^[a-z0-9][\w.+-]*$/i,
  },
  {
    rule: "UnpinnedPipPackage",
    programs: ["pip", "pip3"],
    verbs: ["install"],
    valued: ["-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "-t", "--target"],
    unpinned: /^[a-z0-9][\w.-]*(?:\[[\w,-]*\])?$/i,
  },
  {
    rule: "UnpinnedNpmPackage",
    programs: ["npm"],
    verbs: ["install", "i", "add"],
    valued: ["--prefix", "--registry", "-C"],
    unpinned: /^(?:@[\w.-]+\/)?[a-z0-9][\w.-]*$/i,
  },
];

/** Packages that are installed in whatever version there is. */
export function checkInstallers(run: RunNode, commands: readonly (readonly string[])[], report: ReportStatement): void {
  for (const [program = "", ...words] of commands) {
    for (const { rule, programs, verbs, valued, unpinned } of installers) {
      const verb = programs.includes(program) ? words.findIndex((word) => verbs.includes(word)) : -1;
      if (verb === -1) continue;
      const first = words.slice(verb + 1).find((word, at, rest) => {
        return !valued.includes(rest[at - 1] ?? "") && unpinned.test(word);
      });
      // A file is no package: what pip and npm are given by path has slashes or a file's ending.
      if (first === undefined || /\.(?:whl|tgz|tar\.gz|zip)$/.test(first)) continue;
      report(rule, run, `${first} is installed in whatever version there is`);
    }
  }
}

/** What apt leaves behind, and that scripts use apt-get. */
export function checkApt(
  run: RunNode,
  text: string,
  commands: readonly (readonly string[])[],
  report: ReportStatement,
): void {
  if (commands.some(([program, verb]) => program === "apt" && verb !== undefined)) {
    report("AptInsteadOfAptGet", run, "apt is made for people, and what it understands may change");
  }
  const installs = commands.filter(
    ([program, ...rest]) => /^apt(?:-get)?$/.test(program ?? "") && rest.includes("install"),
  );
  if (installs.length === 0) return;
  if (installs.some((install) => !/--no-install-recommends|APT::Install-Recommends/i.test(install.join(" ")))) {
    report("AptRecommends", run, "apt-get install brings packages along that are only recommended");
  }
  const mounted = run.mounts.some((mount) => shownText(mount.target ?? "").startsWith("/var/lib/apt"));
  if (!mounted && !text.includes("/var/lib/apt/lists")) {
    report("AptListsKept", run, "apt's package lists stay in the layer");
  }
}
