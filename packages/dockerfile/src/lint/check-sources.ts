import type { Instruction } from "../syntax/tree.ts";
import { type Check, replace } from "./linted-file.ts";

/** Bases without a version. */
export const checkBases: Check = ({ stages }, report) => {
  const known = new Set(["scratch"]);
  for (const { name, base, from } of stages) {
    const image = base.value;
    if (!known.has(image.toLowerCase()) && !image.includes("$") && !image.includes("@")) {
      const tag = image.slice(image.lastIndexOf("/") + 1).split(":")[1];
      if (tag === undefined) report("UntaggedBase", from, `${image} has no tag, which means latest`);
      else if (tag === "latest") report("LatestBase", from, `${image} changes with every release`);
    }
    if (name !== undefined) known.add(name);
  }
};

/** ADD where COPY does the same, and `COPY --from` of what is not there. */
export const checkCopies: Check = ({ stages }, report) => {
  const known = new Set<string>();
  for (const { index, name, instructions } of stages) {
    for (const instruction of instructions) {
      if (instruction.keyword === "add") checkAdd(instruction, report);
      const from = instruction.flags.find((flag) => flag.name === "from")?.value;
      if (instruction.keyword !== "copy" || from === undefined || from.includes("$")) continue;
      const stage = known.has(from.toLowerCase()) || (/^\d+$/.test(from) && Number(from) < index);
      // An image has a tag, a digest, or a path.
      if (stage || /[:@/]/.test(from)) continue;
      report("UndefinedCopySource", instruction, `${from} is no stage above`);
    }
    if (name !== undefined) known.add(name);
  }
};

function checkAdd(add: Instruction, report: Parameters<Check>[1]): void {
  const sources = add.words.slice(0, -1).map(({ value }) => value);
  const special = add.flags.some(({ name }) => ["checksum", "keep-git-dir", "unpack"].includes(name));
  const remote = /^[a-z+]+:\/\/|^git@|\$|\.(?:tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|Z|lz|lzma)(?:\W|$)|[*?[]/i;
  if (special || sources.length === 0 || sources.some((source) => remote.test(source))) return;
  // A file may be an archive whatever its name is; a folder is none.
  const folders = add.heredocs.length === 0 && sources.every((source) => source === "." || source.endsWith("/"));
  const keyword = add.name.value === "add" ? "copy" : "COPY";
  const edits = folders ? [replace(add.name.span, keyword)] : undefined;
  report("AddInsteadOfCopy", add, `ADD of ${sources[0]} does what COPY does`, edits);
}

/** The user that the image's command runs as. */
export const checkUser: Check = ({ stages }, report) => {
  const last = stages.at(-1)?.instructions.findLast(({ keyword }) => keyword === "user");
  const user = last?.argument.value.trim().split(":")[0];
  if (last !== undefined && (user === "root" || user === "0")) {
    report("LastUserRoot", last, "The image's command runs as root");
  }
};

/** The form of label names. */
export const checkLabels: Check = ({ stages }, report) => {
  for (const instruction of stages.flatMap((stage) => stage.instructions)) {
    if (instruction.keyword !== "label") continue;
    for (const { name } of instruction.pairs) {
      const key = name.replace(/^(["'])(.*)\1$/, "$2");
      if (key.includes("$") || /^[a-z](?:[a-z0-9]|[.-](?=[a-z0-9]))*$/.test(key)) continue;
      report("InvalidLabelKey", instruction, `${key} is not a label's usual name`);
    }
  }
};
