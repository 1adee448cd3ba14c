import type { SourceText, Span } from "./source-text.ts";
import type { Word } from "./tree.ts";

/** Lines joined into one, which still knows where each character stands in the source. */
export class LogicalLine {
  readonly source: SourceText;
  text = "";
  readonly #at: number[] = [];
  readonly #offsets: number[] = [];

  constructor(source: SourceText) {
    this.source = source;
  }

  /** Adds what stands in the source from `offset` on. */
  append(text: string, offset: number): void {
    this.#at.push(this.text.length);
    this.#offsets.push(offset);
    this.text += text;
  }

  /** The offset in the source of a character. */
  offset(index: number): number {
    let low = 0;
    let high = this.#at.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#at[middle] as number) <= index) low = middle;
      else high = middle - 1;
    }
    return (this.#offsets[low] ?? 0) + index - (this.#at[low] ?? 0);
  }

  span(start: number, end: number): Span {
    // The end is the place after the last character, which may be on an earlier line than what follows it.
    const last = end > start ? this.offset(end - 1) + 1 : this.offset(start);
    return this.source.span(this.offset(start), last);
  }

  word(start: number, end: number, value: string = this.text.slice(start, end)): Word {
    return { value, span: this.span(start, end) };
  }
}
