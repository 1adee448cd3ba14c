import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { makeFolder } from "../store/make-folder.ts";
import { type SeccompProfile, seccompProfile } from "./seccomp.ts";

/** Numbers of libseccomp's own (seccomp.h). */
const actionAllow = 0x7fff0000;
const actionErrno = (number: number) => (0x00050000 | number) >>> 0;
const comparisons: Readonly<Record<string, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

/** A system call filter as the kernel takes it (classic BPF). */
export interface SeccompProgram {
  readonly file: string;
  readonly base64: string;
}

/**
 * Compiles the filter that Docker gives its containers, once: runtimes need some 10 ms to do so for every command.
 *
 * @param folder keeps the program
 * @param capabilities what the command may do
 * @returns undefined where the library that compiles it (libseccomp) cannot be used, and for processors without a filter
 */
export function seccompProgram(folder: string, capabilities: readonly string[]): SeccompProgram | undefined {
  const profile = seccompProfile(process.arch, capabilities);
  if (profile === undefined) return undefined;
  const name = createHash("sha256").update(JSON.stringify(profile)).digest("hex").slice(0, 24);
  const file = join(folder, `${name}.bpf`);
  const kept = read(file);
  if (kept !== undefined) return kept;
  const passing = `${file}.${process.pid}.tmp`;
  try {
    makeFolder(folder);
    compile(profile, passing);
    renameSync(passing, file);
    return read(file);
  } catch {
    rmSync(passing, { force: true });
    return undefined;
  }
}

/** The compiled filters of a folder, each looked for once. */
export class KeptProgram {
  readonly #folder: string;
  readonly #found = new Map<string, SeccompProgram | undefined>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The filter of commands that have some capabilities. */
  get(capabilities: readonly string[]): SeccompProgram | undefined {
    const key = capabilities.join();
    if (!this.#found.has(key)) this.#found.set(key, seccompProgram(this.#folder, capabilities));
    return this.#found.get(key);
  }
}

function read(file: string): SeccompProgram | undefined {
  try {
    return { file, base64: readFileSync(file, "base64") };
  } catch {
    return undefined;
  }
}

function compile(profile: SeccompProfile, file: string): void {
  const koffi = createRequire(import.meta.url)("koffi");
  const library = koffi.load("libseccomp.so.2");
  koffi.struct("scmp_arg_cmp", { arg: "uint32", op: "int", a: "uint64", b: "uint64" });
  const init = library.func("void *seccomp_init(uint32_t action)");
  const release = library.func("void seccomp_release(void *filter)");
  const resolveArch = library.func("uint32_t seccomp_arch_resolve_name(const char *name)");
  const addArch = library.func("int seccomp_arch_add(void *filter, uint32_t token)");
  const resolveCall = library.func("int seccomp_syscall_resolve_name(const char *name)");
  const addRule = library.func(
    "int seccomp_rule_add_array(void *filter, uint32_t action, int call, unsigned int count, scmp_arg_cmp *args)",
  );
  const exportProgram = library.func("int seccomp_export_bpf(void *filter, int descriptor)");

  const filter = init(actionErrno(profile.defaultErrnoRet));
  const descriptor = openSync(file, "w", 0o600);
  try {
    for (const name of profile.architectures) {
      addArch(filter, resolveArch(name.replace("SCMP_ARCH_", "").toLowerCase()));
    }
    for (const { names, action, errnoRet = 1, args = [] } of profile.syscalls) {
      const code = action === "SCMP_ACT_ALLOW" ? actionAllow : actionErrno(errnoRet);
      const compared = args.map(({ index, value, valueTwo = 0, op }) => {
        return { arg: index, op: comparisons[op], a: value, b: valueTwo };
      });
      for (const name of names) {
        const call: number = resolveCall(name);
        // -1: a call that no processor has.
        if (call !== -1) addRule(filter, code, call, compared.length, compared);
      }
    }
    if (exportProgram(filter, descriptor) !== 0) throw new Error("the filter cannot be written");
  } finally {
    closeSync(descriptor);
    release(filter);
  }
}
