import type { RunNode } from "@strake/core";
import type { ReportStatement } from "./linted-images.ts";

const forMachines: ReadonlySet<string> = new Set(
  "free ifconfig kill mount nano ps service shutdown ssh systemctl top umount vi vim".split(" "),
);

/** Programs that are no good in a build, or not as they are called. */
export function checkPrograms(run: RunNode, commands: readonly (readonly string[])[], report: ReportStatement): void {
  const found = commands.find(([program = ""]) => forMachines.has(program));
  if (found !== undefined) report("MachineCommand", run, `${found[0]} makes no sense while an image is built`);
  for (const [program = "", ...words] of commands) {
    if (program === "useradd" && hasLongId(words) && !words.some((word) => /^(?:-\w*l\w*|--no-log-init)$/.test(word))) {
      report("LongUserId", run, "useradd writes to the place of the user id in /var/log/lastlog");
    }
    if (program === "wget" && !words.some((word) => quietWget.test(word)) && words.length > 0) {
      report("WgetProgress", run, "wget writes a line for each piece that it downloads");
    }
    if (program === "ln" && /^(?:\/usr)?\/bin\/sh$/.test(words.at(-1) ?? "")) {
      report("ShellByLink", run, "The link is for every program of the image, not only for the commands of the build");
    }
    if (program === "zypper" && words.some((word) => /^(?:dist-upgrade|dup)$/.test(word))) {
      report("ZypperDistUpgrade", run, "What is installed afterwards depends on the day of the build");
    }
  }
}

/** Options of wget that say where its progress goes, or that there is none. */
const quietWget =
  /^(?:-\w*q|-nv|-[oab]|--(?:progress|quiet|no-verbose|output-file|append-output|background|version|help)\b)/;

function hasLongId(words: readonly string[]): boolean {
  return words.some((word, at) => {
    const value = /^(?:-\w*u|--uid)$/.test(word) ? words[at + 1] : /^(?:-u|--uid=)(\d+)$/.exec(word)?.[1];
    return /^\d{6,}$/.test(value ?? "");
  });
}
