import { Help, type Option } from "commander";

const help = new Help();

/** Describes an option in help, with its default only where that says something: not "no", and not an empty list. */
export function optionDescription(option: Option): string {
  const { defaultValue } = option;
  const isSilent = typeof defaultValue === "boolean" || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return help.optionDescription(isSilent ? Object.create(option, { defaultValue: { value: undefined } }) : option);
}
