import type { MachineCheck } from "@strake/engine";

/** Prints what this machine can do for commands: what `strake doctor` prints. */
export function printMachine(checks: readonly MachineCheck[], json: boolean): string {
  if (json) return `${JSON.stringify(checks, null, 2)}\n`;
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, why, remedy }) => [
    `${state === "ok" ? "ok     " : "missing"}  ${name.padEnd(width)}  ${why}`,
    ...(remedy ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `${" ".repeat(width + 11)}${line}`),
  ]);
  return `${lines.join("\n")}\n`;
}
