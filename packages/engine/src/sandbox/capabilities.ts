import { readFileSync } from "node:fs";
import { StrakeError } from "@strake/core";
import type { SandboxJob } from "./sandbox.ts";

/** The capabilities that Docker leaves to its containers (capabilities(7)). */
export const usualCapabilities: readonly string[] = [
  "CAP_AUDIT_WRITE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

/** All capabilities, in the order of the kernel's numbers (linux/capability.h). */
const numbered: readonly string[] = `
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
  SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
  MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
`
  .trim()
  .split(/\s+/);

/**
 * Gives the capabilities of a command for which some are added to Docker's usual ones, and some are taken from them.
 *
 * As Docker has it, names may be written without `CAP_` and in small letters, and `ALL` is all of them; with all taken
 * away those that are added stay.
 *
 * @throws StrakeError `unknown-capability`, or `capability-unavailable` for one that this process could not give
 */
export function chooseCapabilities(added: readonly string[], dropped: readonly string[]): readonly string[] {
  const [adds, drops] = [added.map(readCapability), dropped.map(readCapability)];
  const givable = givableCapabilities();
  const lacking = adds.find((name) => name !== all && !givable.includes(name));
  if (lacking !== undefined) {
    throw new StrakeError({
      code: "capability-unavailable",
      message: `this process may not give a command ${lacking}: it has not got it itself`,
    });
  }
  if (adds.includes(all)) return givable.filter((name) => !drops.includes(name));
  const kept = drops.includes(all) ? [] : usualCapabilities.filter((name) => !drops.includes(name));
  return [...new Set([...kept, ...adds])];
}

const all = "ALL";

function readCapability(text: string): string {
  const name = text.toUpperCase().replace(/^CAP_/, "");
  if (name === all) return all;
  if (numbered.includes(name)) return `CAP_${name}`;
  throw new StrakeError({
    code: "unknown-capability",
    message: `there is no capability "${text}"`,
    notes: ["capabilities(7) lists them; ALL is all of them."],
  });
}

/** What a command may do. */
export function capabilitiesOf(job: Pick<SandboxJob, "security" | "capabilities">): readonly string[] {
  return job.security === "insecure" ? givableCapabilities() : (job.capabilities ?? usualCapabilities);
}

/** The capabilities that this process could give to another; a container of its own may leave it only some. */
function givableCapabilities(): readonly string[] {
  const [, bits = "0"] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const bounding = BigInt(`0x${bits}`);
  return numbered.filter((_name, at) => ((bounding >> BigInt(at)) & 1n) === 1n).map((name) => `CAP_${name}`);
}
