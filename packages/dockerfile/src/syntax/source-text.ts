import { type CallSite, StrakeError } from "@strake/core";

/** A place in a text: `offset` counts UTF-16 code units from 0; `line` and `column` count from 1. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** A piece of a text; `end` is the place after its last character. */
export interface Span {
  readonly start: Position;
  readonly end: Position;
}

/** A text with a name, which knows the line of each offset. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  /** The offset of each line's first character. */
  readonly lineStarts: readonly number[];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  /** The line and column of an offset. */
  position(offset: number): Position {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.lineStarts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { offset, line: low + 1, column: offset - (this.lineStarts[low] as number) + 1 };
  }

  span(start: number, end: number): Span {
    return { start: this.position(start), end: this.position(end) };
  }

  site(offset: number): CallSite {
    const { line, column } = this.position(offset);
    return { file: this.file, line, column };
  }

  /** The text of a line, without its line break; lines count from 1. */
  line(number: number): string {
    const start = this.lineStarts[number - 1] ?? this.text.length;
    return this.text.slice(start, this.lineStarts[number] ?? this.text.length).replace(/[\r\n]+$/, "");
  }

  /** Makes the error of a mistake at an offset; its first note is the line. */
  error(offset: number, code: string, message: string, ...notes: readonly string[]): StrakeError {
    const site = this.site(offset);
    const line = this.line(site.line);
    const shown = line.length > 200 ? `${line.slice(0, 200)}…` : line;
    return new StrakeError({ code, message, site, notes: [`${site.line} | ${shown}`, ...notes] });
  }
}
