import type { Instruction } from "../syntax/tree.ts";
import type { Check } from "./linted-file.ts";

/** What RUN runs, as far as its text tells without running a shell. */
export const checkShell: Check = ({ stages }, report) => {
  const strict = new Set<string>();
  for (const { name, base, instructions } of stages) {
    let pipefail = strict.has(base.value.toLowerCase());
    let before: Instruction | undefined;
    for (const instruction of instructions) {
      if (instruction.keyword === "shell") {
        pipefail = instruction.words.some(({ value }) => value === "pipefail" || /^-\w*o\w*pipefail$/.test(value));
      }
      if (instruction.keyword === "run") {
        if (before?.keyword === "run" && instruction.flags.length === 0 && before.flags.length === 0) {
          report("ConsecutiveRun", instruction, "RUN follows RUN: each makes a layer of its own");
        }
        if (instruction.form !== "json") checkCommands(instruction, pipefail, report);
      }
      before = instruction;
    }
    if (name === undefined) continue;
    if (pipefail) strict.add(name);
    else strict.delete(name);
  }
};

function checkCommands(run: Instruction, pipefail: boolean, report: Parameters<Check>[1]): void {
  const text = unquoted([run.argument.value, ...run.heredocs.map(({ content }) => content)].join("\n"));
  const commands = text.split(/&&|\|\||[;\n|]/).map((command) => command.trim().split(/\s+/));
  if (commands.length > 0 && commands.every(([program]) => program === "cd")) {
    report("CdInsteadOfWorkdir", run, "cd has no effect on the instructions that follow");
  } else if (/^\s*cd\s+[^\s;&|]+\s*(?:&&|;)/.test(text)) {
    report("CdInsteadOfWorkdir", run, "WORKDIR says where commands run");
  }
  if (commands.some(([program]) => program === "sudo")) report("SudoInRun", run, "sudo has unforeseeable effects");
  if (!pipefail && !text.includes("pipefail") && /[^|>]\|(?!\|)/.test(text)) {
    report("PipeWithoutPipefail", run, "Of a pipe only the last command's failure is seen");
  }
  const installs = commands.filter(([program, ...rest]) => program === "apt-get" && rest.includes("install"));
  if (installs.length > 0) checkApt(run, text, installs, report);
}

function checkApt(
  run: Instruction,
  text: string,
  installs: readonly (readonly string[])[],
  report: Parameters<Check>[1],
): void {
  for (const install of installs) {
    if (!/--no-install-recommends|APT::Install-Recommends/i.test(install.join(" "))) {
      report("AptRecommends", run, "apt-get install brings packages along that are only recommended");
    }
    const packages = install
      .slice(install.indexOf("install") + 1)
      .filter((word) => /^[a-z0-9][a-z0-9.+-]*$/.test(word));
    const [first] = packages;
    if (first !== undefined) report("UnpinnedAptPackage", run, `${first} is installed in whatever version there is`);
  }
  const cached = run.flags.some(({ name, value = "" }) => name === "mount" && value.includes("/var/lib/apt"));
  if (!cached && !text.includes("/var/lib/apt/lists")) {
    report("AptListsKept", run, "apt's package lists stay in the layer");
  }
}

/** A command without what its quotes hold. */
function unquoted(text: string): string {
  return text.replace(/\\.|'[^']*'|"(?:[^"\\]|\\.)*"/g, (piece) => (piece.startsWith("\\") ? " " : "_"));
}
