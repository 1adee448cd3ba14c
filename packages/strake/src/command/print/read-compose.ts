import { StrakeError } from "@strake/core";
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";

/**
 * Reads a compose file as far as it is going to be changed: `services`, those of some names, and `secrets` are maps.
 *
 * @throws StrakeError `invalid-compose-file` at the line that is wrong
 */
export function readCompose(text: string, file: string, services: readonly string[]): Document {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const fail = (offset: number, message: string, note: string) => {
    const { line, col } = lineCounter.linePos(offset);
    const site = { file, line: line || 1, column: col || 1 };
    return new StrakeError({ code: "invalid-compose-file", message, notes: [note], site });
  };
  const broken = document.errors[0];
  if (broken !== undefined) {
    const message = broken.message.split(" at line ")[0] ?? broken.message;
    throw fail(broken.pos[0], `this is not YAML: ${message}`, "Mend the file, or print to another one.");
  }
  const requireMap = (path: readonly string[], what: string) => {
    const node = path.length === 0 ? document.contents : (document.getIn(path, true) as Node | null | undefined);
    if (node === undefined || node === null || isMap(node) || (isScalar(node) && node.value === null)) return;
    throw fail(node.range?.[0] ?? 0, `${what} is not a map`, "Only maps can be brought up to date.");
  };
  requireMap([], "the compose file");
  requireMap(["services"], "services");
  for (const name of services) requireMap(["services", name], `the service ${name}`);
  requireMap(["secrets"], "secrets");
  return document;
}
