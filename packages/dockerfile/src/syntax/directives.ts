import type { SourceText } from "./source-text.ts";
import { skipSpace } from "./space.ts";
import type { Directive } from "./tree.ts";

const names: readonly string[] = ["syntax", "escape", "check"];

/** Reads the directives at the top of a file, line by line, until a line is none. */
export class Directives {
  readonly #found = new Map<string, Directive>();
  readonly #source: SourceText;
  #done = false;

  constructor(source: SourceText) {
    this.#source = source;
  }

  /**
   * Reads a line without its break; `start` and `end` are where its text stands.
   *
   * @throws StrakeError `dockerfile-syntax` for a directive that is said twice, or an escape that cannot be one
   */
  read(line: string, start: number, end: number): Directive | undefined {
    if (this.#done) return undefined;
    const body = line.startsWith("#") ? line.slice(skipSpace(line, 1)) : "";
    const equals = body.indexOf("=");
    const name = equals === -1 ? "" : body.slice(0, equals).trim().toLowerCase();
    const value = body.slice(equals + 1).trim();
    if (!names.includes(name) || value === "") {
      this.#done = true;
      return undefined;
    }
    const fail = (message: string) => this.#source.error(start, "dockerfile-syntax", message);
    if (this.#found.has(name)) throw fail(`only one ${name} parser directive can be used`);
    if (name === "escape" && value !== "\\" && value !== "`") {
      throw fail(`invalid escape token '${value}' does not match \` or \\`);
    }
    const text = this.#source.text.slice(start, end);
    const span = this.#source.span(start, end);
    const directive: Directive = { type: "directive", name: name as Directive["name"], value, text, span };
    this.#found.set(name, directive);
    return directive;
  }

  get all(): readonly Directive[] {
    return [...this.#found.values()];
  }
}
