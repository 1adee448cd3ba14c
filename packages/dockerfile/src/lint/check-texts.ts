import type { Instruction } from "../syntax/tree.ts";
import { isSecretValue } from "./check-secrets.ts";
import { type Check, replace } from "./linted-file.ts";

/** The old form of ENV and LABEL. */
export const checkOldForms: Check = ({ tree, stages }, report) => {
  for (const instruction of stages.flatMap((stage) => stage.instructions)) {
    const pair = instruction.pairs.find(({ legacy }) => legacy);
    if (pair === undefined) continue;
    const name = instruction.name.value;
    const plain = !/["'\\`\r\n]/.test(tree.source.text.slice(pair.span.start.offset, pair.span.end.offset));
    report(
      "LegacyKeyValueFormat",
      instruction,
      `"${name} key=value" should be used instead of legacy "${name} key value" format`,
      plain ? [replace(pair.span, `${pair.name}="${pair.value}"`)] : undefined,
    );
  }
};

/** Variables that an ENV sets and uses, where nothing before has set them. */
export const checkEnvReferences: Check = ({ stages }, report) => {
  for (const { instructions } of stages) {
    const known = new Set<string>();
    for (const instruction of instructions) {
      const own = new Set<string>();
      let found: string | undefined;
      for (const { name, value } of instruction.keyword === "env" ? instruction.pairs : []) {
        const used = [...value.matchAll(/(?<!\\)\$\{?(\w+)/g)].map(([, each = ""]) => each);
        found ??= used.find((each) => own.has(each) && !known.has(each));
        own.add(name);
      }
      if (found !== undefined) {
        report("EnvRefersToItself", instruction, `$${found} is not yet what this instruction sets it to`);
      }
      for (const { value } of instruction.keyword === "arg" ? instruction.words : [])
        known.add(value.split("=")[0] ?? "");
      for (const name of own) known.add(name);
    }
  }
};

/** Empty lines in continued instructions; as BuildKit has it, the last line is named. */
export const checkEmptyLines: Check = ({ tree }, report) => {
  for (const instruction of tree.instructions) {
    if (instruction.emptyLines.length === 0) continue;
    report(
      "NoEmptyContinuation",
      instruction,
      "Empty continuation line",
      undefined,
      instruction.argument.span.end.offset,
    );
  }
};

/** Ports that EXPOSE cannot map, and the case of protocols; a definition has neither. */
export const checkPorts: Check = ({ stages }, report) => {
  for (const instruction of stages.flatMap((stage) => stage.instructions)) {
    if (instruction.keyword !== "expose") continue;
    for (const { value } of instruction.words) {
      if (value.includes("$")) continue;
      const [port = "", protocol = ""] = value.split("/");
      if (protocol !== protocol.toLowerCase()) {
        const message = `Defined protocol '${value}' in EXPOSE instruction should be lowercase`;
        report("ExposeProtoCasing", instruction, message);
      }
      if (port.split(/[-:]/).some((each) => /^\d+$/.test(each) && Number(each) > 65535)) {
        report("InvalidPort", instruction, `${port} is no port: they end at 65535`);
      }
      if (!port.includes(":")) continue;
      const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${value}'`;
      report("ExposeInvalidFormat", instruction, message);
    }
  }
};

/** Secrets before the first FROM, which are part of no image but of the file. */
export const checkGlobalSecrets: Check = ({ tree, globals }, report) => {
  for (const instruction of globals) {
    const { start, end } = instruction.span;
    if (!isSecretValue(tree.source.text.slice(start.offset, end.offset))) continue;
    report("SecretValue", instruction, "The value has the form of a secret");
  }
};

/** Comments right above what `--call outline` and `--call targets` describe by them. */
export const checkDescriptions: Check = ({ globals, stages }, report) => {
  const check = (instruction: Instruction, names: readonly string[]) => {
    const [word] = instruction.comments.at(-1)?.split(" ") ?? [];
    const [name] = names;
    if (word === undefined || name === undefined || names.includes(word)) return;
    const example = names.length > 1 ? "<arg_key>" : name;
    const keyword = instruction.keyword.toUpperCase();
    const message = `Comment for ${keyword} should follow the format: \`# ${example} <description>\``;
    report("InvalidDefinitionDescription", instruction, message);
  };
  for (const { from, name } of stages) check(from, name === undefined ? [] : [name]);
  for (const instruction of [...globals, ...stages.flatMap(({ instructions }) => instructions)]) {
    if (instruction.keyword !== "arg") continue;
    check(
      instruction,
      instruction.words.map(({ value }) => value.split("=", 1)[0] ?? ""),
    );
  }
};
