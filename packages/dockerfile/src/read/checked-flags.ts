import { nearest } from "@strake/core";
import type { SourceText } from "../syntax/source-text.ts";
import type { Flag, Instruction } from "../syntax/tree.ts";

/** How a flag is given: `--x` or `--x=true`; `--x=value`; the same, as often as one likes. */
export type FlagKind = "boolean" | "string" | "list";

/** The flags of an instruction, checked against those that it has. */
export class CheckedFlags {
  readonly #flags: readonly Flag[];

  /** @throws StrakeError `dockerfile-flag` for a flag that is unknown, said twice or without its value */
  constructor(source: SourceText, instruction: Instruction, kinds: Readonly<Record<string, FlagKind>>) {
    this.#flags = instruction.flags;
    const seen = new Set<string>();
    for (const flag of instruction.flags) {
      const fail = (message: string) => source.error(flag.span.start.offset, "dockerfile-flag", message);
      const kind = Object.hasOwn(kinds, flag.name) ? kinds[flag.name] : undefined;
      if (kind === undefined) {
        const meant = nearest(flag.name, Object.keys(kinds));
        throw fail(`unknown flag: --${flag.name}${meant === undefined ? "" : ` (did you mean --${meant}?)`}`);
      }
      if (seen.has(flag.name) && kind !== "list") throw fail(`duplicate flag specified: --${flag.name}`);
      seen.add(flag.name);
      if (kind !== "boolean" && flag.value === undefined) throw fail(`missing a value on flag: --${flag.name}`);
      if (kind === "boolean" && flag.value === "") throw fail(`missing a value on flag: --${flag.name}`);
      if (kind === "boolean" && !/^(?:true|false)?$/i.test(flag.value ?? "")) {
        throw fail(`expecting boolean value for flag --${flag.name}, not: ${flag.value}`);
      }
    }
  }

  /** The value of a flag; absent where it is not given or empty. */
  string(name: string): string | undefined {
    return this.#flags.find((flag) => flag.name === name)?.value || undefined;
  }

  boolean(name: string): boolean | undefined {
    const flag = this.#flags.find((found) => found.name === name);
    return flag === undefined ? undefined : flag.value?.toLowerCase() !== "false";
  }

  list(name: string): readonly Flag[] {
    return this.#flags.filter((flag) => flag.name === name);
  }

  find(name: string): Flag | undefined {
    return this.#flags.find((flag) => flag.name === name);
  }
}
