import type { RunNode } from "@strake/core";
import { type Installer, installers } from "./installers.ts";
import { type ReportStatement, shownText } from "./linted-images.ts";

/**
 * What programs that install packages are not told: versions, that nobody answers, and that their cache is not wanted.
 *
 * @param surroundings the variables that a command sees, as far as they say something about caches
 */
export function checkInstallers(
  run: RunNode,
  text: string,
  commands: readonly (readonly string[])[],
  surroundings: string,
  report: ReportStatement,
): void {
  for (const [program = "", ...words] of commands) {
    for (const installer of installers) {
      const verb = installer.programs.includes(program)
        ? words.findIndex((word) => installer.verbs.includes(word))
        : -1;
      if (verb === -1) continue;
      checkVersion(run, installer, words, verb, report);
      const { asks, answered, caches } = installer;
      if (asks !== undefined && !words.some((word) => answered?.test(word))) {
        report(asks, run, `${program} ${words[verb]} asks before it installs anything`);
      }
      if (caches === undefined || installer.cleaned?.test(`${surroundings} ${text}`)) continue;
      if (run.mounts.some((mount) => installer.cache?.test(shownText(mount.target ?? "")))) continue;
      report(caches, run, `${program} leaves what it downloaded in the layer`);
    }
  }
}

function checkVersion(
  run: RunNode,
  { unpinned, valued, plainPackage, version }: Installer,
  words: readonly string[],
  verb: number,
  report: ReportStatement,
): void {
  if (unpinned === undefined || words.some((word) => version?.test(word))) return;
  const first = words.slice(verb + 1).find((word, at, rest) => {
    return !valued.includes(rest[at - 1] ?? "") && plainPackage.test(word);
  });
  // A file is no package: what is given by path has slashes or a file's ending.
  if (first === undefined || /\.(?:whl|tgz|tar\.gz|zip|rpm|gem)$/.test(first)) return;
  report(unpinned, run, `${first} is installed in whatever version there is`);
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
