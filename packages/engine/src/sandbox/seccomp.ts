import { allowedCalls, callsOf } from "./seccomp-calls.ts";

/** A system call filter, in the words of the OCI runtime specification (config-linux, "Seccomp"). */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
}

const allow = "SCMP_ACT_ALLOW";

/** Every processor with the older ones whose programs it runs too. */
const architectures: Readonly<Record<string, readonly string[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  s390x: ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"],
  ppc64: ["SCMP_ARCH_PPC64LE"],
  riscv64: ["SCMP_ARCH_RISCV64"],
  loong64: ["SCMP_ARCH_LOONGARCH64"],
};

/** Execution domains that a program may ask for (personality(2)): Linux, its variants, and asking which it is. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** The flags of clone(2) that make namespaces. */
const namespaceFlags = 0x7e020000;

/** The socket family of virtual machines' hosts, which commands have no business with. */
const vsock = 40;

/** The family of kernel cryptography, which has often been a way out. */
const algorithm = 38;

/**
 * Makes the filter that Docker gives its containers: what is not named fails as not permitted.
 *
 * @param architecture the processor, as Node names it
 * @param capabilities what the command may do; with some, calls are allowed that are of no use without
 */
export function seccompProfile(architecture: string, capabilities: readonly string[]): SeccompProfile | undefined {
  const known = architectures[architecture];
  if (known === undefined) return undefined;
  const flags = architecture === "s390x" ? 1 : 0;
  const more = capabilities.flatMap((name) => callsOf[name] ?? []);
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 1,
    architectures: known,
    syscalls: [
      { names: allowedCalls, action: allow },
      { names: ["socket"], action: allow, args: [{ index: 0, value: algorithm, op: "SCMP_CMP_LT" }] },
      { names: ["socket"], action: allow, args: [{ index: 0, value: algorithm + 1, op: "SCMP_CMP_EQ" }] },
      { names: ["socket"], action: allow, args: [{ index: 0, value: vsock, op: "SCMP_CMP_GT" }] },
      ...personalities.map((value) => ({
        names: ["personality"],
        action: allow,
        args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
      })),
      ...(more.length === 0 ? [] : [{ names: [...new Set(more)], action: allow }]),
      {
        names: ["clone"],
        action: allow,
        args: [{ index: flags, value: namespaceFlags, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
      },
      // Its flags are out of a filter's sight; a libc that is told it does not exist uses clone.
      ...(more.includes("clone3") ? [] : [{ names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 }]),
    ],
  };
}
