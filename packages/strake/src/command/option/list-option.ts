import { Option } from "commander";

/** An option that may be given several times, with one value each time. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], "")
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}
