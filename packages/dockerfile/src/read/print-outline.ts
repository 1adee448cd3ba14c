import { toBase64 } from "@strake/core";
import type { DockerfileTree } from "../syntax/tree.ts";
import type { Outline, OutlineMount } from "./outline.ts";

/** Prints an outline as tables, with the words of `--call outline`. */
export function printOutline({ name, description, args = [], secrets = [], ssh = [] }: Outline): string {
  const head = [
    ...(name === undefined && description === undefined ? [] : [["TARGET:", name ?? "(default)"]]),
    ...(description === undefined ? [] : [["DESCRIPTION:", description]]),
  ];
  const mounts = (title: string, list: readonly OutlineMount[]) =>
    list.length === 0 ? [] : [[title, "REQUIRED"], ...list.map((each) => [each.name, each.required ? "true" : ""])];
  const rows = args.map((each) => [each.name, each.value ?? "", each.description ?? ""]);
  const tables = [
    printColumns(head, 1),
    printColumns(args.length === 0 ? [] : [["BUILD ARG", "VALUE", "DESCRIPTION"], ...rows], 3),
    printColumns(mounts("SECRET", secrets), 3),
    printColumns(mounts("SSH", ssh), 3),
  ];
  return tables
    .filter((table) => table !== "")
    .map((table) => `${table}\n`)
    .join("");
}

/** Prints an outline as JSON, as `--call outline,format=json` does; the file itself is in it, in base64. */
export function printOutlineJson(found: Outline, tree: DockerfileTree): string {
  return JSON.stringify({ ...found, sources: [inBase64(tree.source.text)] }, null, 2);
}

/** A text's UTF-8 in base64. */
export function inBase64(text: string): string {
  return toBase64(new TextEncoder().encode(text));
}

/** All columns but the last are padded. */
function printColumns(rows: readonly (readonly string[])[], gap: number): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const cell = (text: string, at: number, row: readonly string[]) =>
    at === row.length - 1 ? text : text.padEnd((widths[at] as number) + gap);
  return rows.map((row) => `${row.map((text, at) => cell(text, at, row)).join("")}\n`).join("");
}
