import { formatTable } from "../format/table.ts";
import { parseGoTemplate, type Template } from "../format/template/go-template.ts";
import { withoutControlCodes } from "../screen/style.ts";

/** A row of a list, by docker's names of its fields. */
export type Row = Readonly<Record<string, string>>;

/** Whether only ids are to be printed: as docker has it, a template says better what is wanted. */
export function printsIds(quiet: boolean, format: string | undefined): boolean {
  return quiet && isUsual(format);
}

/**
 * Prints rows as docker's `--format` asks for: a table of some columns, `json`, a Go template, or `table` and a
 * template whose fields are columns.
 *
 * @param headings - the heading of each field
 * @param columns - the fields of the table
 */
export function printRows(
  rows: readonly Row[],
  headings: Row,
  columns: readonly string[],
  format: string | undefined,
): string {
  if (isUsual(format)) {
    const cells = rows.map((row) => columns.map((column) => shown(row[column] ?? "")));
    return formatTable(
      columns.map((column) => headings[column] ?? ""),
      cells,
    );
  }
  if (/^(?:json|\{\{-?\s*json\s+\.\s*-?\}\})$/.test(format)) return rows.map((row) => `${goJson(row)}\n`).join("");
  const table = /^table\s+([\s\S]*)$/.exec(format)?.[1];
  const template = parseGoTemplate(table ?? format);
  if (table === undefined) return rows.map((row) => `${template(sorted(row))}\n`).join("");
  const split = (apply: Template, row: Row) => shown(apply(row)).split("\t");
  return formatTable(
    split(template, headings),
    rows.map((row) => split(template, row)),
  );
}

/** Whether a table of the usual columns is wanted; a script may have nothing to say. */
function isUsual(format: string | undefined): format is "" | "table" | undefined {
  return format === undefined || format === "" || format === "table";
}

/** A row as docker writes it: its lists are made with Go's encoder for pages of the web. */
function goJson(row: Row): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(sorted(row)).replaceAll(/[<>&\u2028\u2029]/g, escaped);
}

/** With its fields in order, as Go's JSON has them. */
function sorted(row: Row): Row {
  return Object.fromEntries(Object.entries(row).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** One line, without control codes; tabulators stay, since templates separate columns by them. */
function shown(text: string): string {
  return withoutControlCodes(text.replaceAll(/\s*\n\s*/g, " "));
}
