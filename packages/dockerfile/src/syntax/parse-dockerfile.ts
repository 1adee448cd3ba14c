import { Directives } from "./directives.ts";
import { heredocMarkers } from "./heredoc-markers.ts";
import { LogicalLine } from "./logical-line.ts";
import { parseInstruction } from "./parse-instruction.ts";
import { SourceText } from "./source-text.ts";
import { skipSpace } from "./space.ts";
import { type DockerfileTree, type Heredoc, type Instruction, isInstruction, type Part } from "./tree.ts";

/** The bytes that a line may have, as in BuildKit. */
export const maximumLineLength = 65535;

/**
 * Parses a Dockerfile, losing nothing: `printTree` gives the same text.
 *
 * `file` is what the positions of errors and statements name.
 *
 * @throws StrakeError `dockerfile-syntax`, `unknown-instruction`, `empty-dockerfile`
 */
export function parseDockerfile(text: string, options: { readonly file: string }): DockerfileTree {
  return new Parser(new SourceText(options.file, text)).parse();
}

class Parser {
  readonly #source: SourceText;
  readonly #directives: Directives;
  readonly #parts: Part[] = [];
  #escape: "\\" | "`" = "\\";
  #comments: string[] = [];
  /** The number of the next line, from 0. */
  #line = 0;

  constructor(source: SourceText) {
    this.#source = source;
    this.#directives = new Directives(source);
  }

  parse(): DockerfileTree {
    if (this.#source.text.startsWith("\ufeff")) this.#push("byteOrderMark", 0, 1);
    while (this.#more()) this.#readPart();
    const instructions = this.#parts.filter(isInstruction);
    if (instructions.length === 0) {
      const empty = this.#source.text === "";
      const message = empty ? "the Dockerfile cannot be empty" : "file with no instructions";
      throw this.#source.error(0, "empty-dockerfile", message);
    }
    return {
      source: this.#source,
      parts: this.#parts,
      instructions,
      directives: this.#directives.all,
      escape: this.#escape,
    };
  }

  #more(): boolean {
    return (this.#source.lineStarts[this.#line] ?? this.#source.text.length) < this.#source.text.length;
  }

  /** Takes the next line: where it starts, its text without the break, and where the line after it starts. */
  #take(): { start: number; text: string; end: number } {
    const text = this.#source.text;
    const first = this.#source.lineStarts[this.#line] as number;
    const end = this.#source.lineStarts[++this.#line] ?? text.length;
    const start = first === 0 && text.startsWith("\ufeff") ? 1 : first;
    const withoutFeed = text[end - 1] === "\n" ? end - 1 : end;
    if ((withoutFeed - start) * 3 > maximumLineLength) this.#checkLength(start, withoutFeed);
    let stop = withoutFeed;
    while (stop > start && text[stop - 1] === "\r") stop--;
    return { start, text: text.slice(start, stop), end };
  }

  #checkLength(start: number, end: number): void {
    if (new TextEncoder().encode(this.#source.text.slice(start, end)).length <= maximumLineLength) return;
    const message = `dockerfile line greater than max allowed size of ${maximumLineLength}`;
    throw this.#source.error(start, "dockerfile-syntax", message);
  }

  #push(type: "byteOrderMark" | "blank" | "comment", start: number, end: number): void {
    this.#parts.push({ type, text: this.#source.text.slice(start, end), span: this.#source.span(start, end) });
  }

  #readPart(): void {
    const { start, text, end } = this.#take();
    if (start === end) return;
    const content = text.slice(skipSpace(text));
    const directive = this.#directives.read(content, start, end);
    if (directive !== undefined) {
      if (directive.name === "escape") this.#escape = directive.value as "\\" | "`";
      this.#parts.push(directive);
    } else if (content.startsWith("#")) {
      const comment = content.slice(1).trim();
      if (comment === "") this.#comments = [];
      else this.#comments.push(comment);
      this.#push("comment", start, end);
    } else if (content === "") this.#push("blank", start, end);
    else this.#parts.push(this.#readInstruction(start, content, start + text.length - content.length, end));
  }

  #readInstruction(start: number, first: string, offset: number, firstEnd: number): Instruction {
    const line = new LogicalLine(this.#source);
    const emptyLines: number[] = [];
    let end = firstEnd;
    let open = this.#append(line, first, offset);
    while (open && this.#more()) {
      const next = this.#take();
      end = next.end;
      const content = skipSpace(next.text);
      if (next.text[content] === "#") continue;
      if (content === next.text.length) emptyLines.push(next.start);
      else open = this.#append(line, next.text, next.start);
    }
    const statement = parseInstruction(line, this.#escape);
    const trigger = statement.trigger;
    const bearer = trigger ?? statement;
    const bears = /^(?:run|copy|add)$/.test(bearer.keyword) && statement.form !== "json";
    // BuildKit looks at the outer instruction's form, which for ONBUILD is never JSON.
    const heredocs = bears ? this.#readHeredocs(line.text, start) : [];
    end = heredocs.length === 0 ? end : (this.#source.lineStarts[this.#line] ?? this.#source.text.length);
    const comments = this.#comments;
    this.#comments = [];
    return {
      type: "instruction",
      ...statement,
      ...(trigger === undefined ? {} : { trigger: { ...trigger, heredocs } }),
      heredocs,
      comments,
      emptyLines,
      text: this.#source.text.slice(start, end),
      span: this.#source.span(start, end),
    };
  }

  /** Adds a physical line; true where it is continued. */
  #append(line: LogicalLine, text: string, offset: number): boolean {
    let last = text.length - 1;
    while (text[last] === " " || text[last] === "\t") last--;
    const continued = text[last] === this.#escape && text[last - 1] !== this.#escape;
    line.append(continued ? text.slice(0, last) : text, offset);
    return continued;
  }

  #readHeredocs(line: string, instruction: number): readonly Heredoc[] {
    return heredocMarkers(line).map((marker): Heredoc => {
      const start = this.#source.lineStarts[this.#line] ?? this.#source.text.length;
      while (this.#more()) {
        const next = this.#take();
        const text = marker.chomp ? next.text.replace(/^\t+/, "") : next.text;
        if (text !== marker.name) continue;
        return {
          ...marker,
          content: this.#source.text.slice(start, next.start),
          span: this.#source.span(start, next.start),
        };
      }
      const where = this.#source.position(instruction).line;
      const message = `unterminated heredoc: no line is "${marker.name}"`;
      throw this.#source.error(instruction, "dockerfile-syntax", message, `It begins at line ${where}.`);
    });
  }
}
