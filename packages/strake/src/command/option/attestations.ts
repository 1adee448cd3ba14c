import type { Command } from "commander";
import { usageError } from "../usage-error.ts";
import { parseCsv } from "./csv.ts";
import { listOption } from "./list-option.ts";
import type { Values } from "./values.ts";

/** What is to be attested of an image: attributes such as `mode=max`, by `sbom` and `provenance`. */
export type AttestationRequest = ReadonlyMap<AttestationType, string>;

export type AttestationType = (typeof types)[number];

const types = ["sbom", "provenance"] as const;

/** Adds the options that ask for attestations, in buildx's notation. */
export function addAttestationOptions(command: Command): Command {
  return command
    .addOption(
      listOption(
        "--attest <attestation>",
        "what a BuildKit attests: type=provenance,mode=max or type=sbom,generator=…",
      ),
    )
    .option("--provenance <attributes>", "the same as --attest type=provenance: true, false or mode=min|max")
    .option("--sbom <attributes>", "the same as --attest type=sbom: true, false or generator=NAME");
}

/**
 * Reads the options that ask for attestations; of several for one type the last counts.
 *
 * @throws StrakeError `usage` for a type that is none, or an attribute without a value
 */
export function readAttestations(options: Values): AttestationRequest {
  const wanted = new Map<AttestationType, string>();
  for (const text of (options.attest ?? []) as readonly string[]) {
    const { type, ...attributes } = Object.fromEntries(parseCsv("--attest", text));
    const known = types.find((each) => each === type);
    if (known === undefined) throw usageError(`--attest ${text}: type= is ${types.join(" or ")}`);
    note(wanted, known, attributes);
  }
  for (const type of types) {
    const text = options[type] as string | undefined;
    if (text !== undefined) note(wanted, type, readAttributes(`--${type}`, text));
  }
  return wanted;
}

function readAttributes(option: string, text: string): Readonly<Record<string, string>> {
  if (/^(?:1|t|true)$/i.test(text)) return {};
  if (isFalse(text)) return { disabled: "true" };
  return Object.fromEntries(parseCsv(option, text));
}

function note(
  wanted: Map<AttestationType, string>,
  type: AttestationType,
  { disabled, ...attributes }: Readonly<Record<string, string>>,
): void {
  if (disabled !== undefined && !isFalse(disabled)) wanted.delete(type);
  else
    wanted.set(
      type,
      Object.entries(attributes)
        .map((pair) => pair.join("="))
        .join(","),
    );
}

function isFalse(text: string): boolean {
  return /^(?:0|f|false)$/i.test(text);
}
