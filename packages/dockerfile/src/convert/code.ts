import { type Mark, splitMarks } from "./marks.ts";

/** What printed code uses of `strake`, and how arguments and stages are called in it. */
export interface CodeContext {
  /** Notes that a name is imported, and returns it. */
  use(name: string): string;
  /** The constant of an argument that stands before the first FROM. */
  argument(name: string, otherwise?: string): string;
}

/** Prints a text as TypeScript: a string, or an expression where variables are in it. */
export function textCode(text: string, context: CodeContext): string {
  const parts = splitMarks(text);
  const [only] = parts;
  if (only === undefined) return '""';
  if (parts.every((part) => typeof part === "string")) return JSON.stringify(text);
  const code = ({ kind, name, otherwise }: Mark) => {
    if (kind === "argument") return context.argument(name, otherwise);
    const args = [name, ...(otherwise === undefined ? [] : [otherwise])].map((each) => JSON.stringify(each));
    return `${context.use("variable")}(${args.join(", ")})`;
  };
  if (parts.length === 1 && typeof only !== "string") return code(only);
  const pieces = parts.map((part) => (typeof part === "string" ? templateText(part) : `\${${code(part)}}`));
  return `${context.use("interpolate")}\`${pieces.join("")}\``;
}

/** Escapes a text for the inside of a template literal. */
export function templateText(text: string): string {
  return text
    .replace(/[\\`]|\$(?=\{)/g, "\\$&")
    .replaceAll("\r", "\\r")
    .replaceAll("\0", "\\0");
}

/** Prints a list. */
export function listCode(items: readonly string[]): string {
  return `[${items.join(", ")}]`;
}

/** Prints an object of the members that have a value. */
export function objectCode(members: Readonly<Record<string, string | undefined>>): string {
  const said = Object.entries(members).filter(([, code]) => code !== undefined);
  return `{ ${said.map(([name, code]) => (name.startsWith("...") ? name : `${keyCode(name)}: ${code}`)).join(", ")} }`;
}

/** Prints options as the last argument of a call; none where nothing is said. */
export function optionsCode(members: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.values(members).every((code) => code === undefined) ? [] : [objectCode(members)];
}

function keyCode(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** Prints a call as one line where it fits, else with an argument a line. */
export function callCode(name: string, args: readonly string[]): string {
  const line = `${name}(${args.join(", ")})`;
  if (line.length <= 110 || args.length === 0 || line.includes("\n")) return line;
  return `${name}(\n${args.map((code) => `    ${brokenObject(code)},\n`).join("")}  )`;
}

/** An object with a member a line where it is long. */
function brokenObject(code: string): string {
  if (code.length <= 100 || !/^\{ .* \}$/.test(code)) return code;
  const members: string[] = [];
  let depth = 0;
  let quote: string | undefined;
  let from = 2;
  for (let at = 2; at < code.length - 2; at++) {
    const character = code[at] as string;
    if (character === "\\") at += 1;
    else if (quote !== undefined) quote = character === quote ? undefined : quote;
    else if (character === '"' || character === "`") quote = character;
    else if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
    else if (character === "," && depth === 0) {
      members.push(code.slice(from, at));
      from = at + 2;
    }
  }
  members.push(code.slice(from, -2));
  return `{\n${members.map((member) => `      ${member},\n`).join("")}    }`;
}
