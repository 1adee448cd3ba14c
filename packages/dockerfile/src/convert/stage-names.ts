import type { CopyFrom, Definition } from "@strake/core";
import type { CodeContext } from "./code.ts";

/** What would be taken for something else where it is the name of a constant. */
const reserved = new Set(
  (
    "abstract any argument as async await bind break cache case catch class const continue debugger default delete do " +
    "else enum export extends false files finally for from function get if image implements import in instanceof " +
    "interface interpolate let likeDocker local new null of package private protected public return script secret " +
    "set ssh static super switch this throw tmpfs true try type typeof undefined var variable void while with yield " +
    "Image"
  ).split(" "),
);

/** The names that converted code gives to arguments and stages, and what it imports. */
export class StageNames implements CodeContext {
  readonly imports: Set<string> = new Set();
  /** The arguments that the code uses. */
  readonly used: Set<string> = new Set();
  readonly #declared: ReadonlySet<string>;
  readonly #arguments = new Map<string, string>();
  readonly #stages = new Map<Definition, string>();
  readonly #taken = new Set(reserved);

  /** @param declared the arguments before the first FROM */
  constructor(declared: ReadonlySet<string>) {
    this.#declared = declared;
  }

  /** The constant that an argument is, or the call that makes it where Docker's own has no line of its own. */
  argument(name: string, otherwise?: string): string {
    if (!this.#declared.has(name)) return `${this.use("argument")}(${JSON.stringify(name)})`;
    if (otherwise) {
      this.argument(name);
      return `${this.nameOfArgument(name)}.apply((it) => it || ${JSON.stringify(otherwise)})`;
    }
    this.used.add(name);
    return this.nameOfArgument(name);
  }

  nameOfArgument(name: string): string {
    const known = this.#arguments.get(name);
    if (known !== undefined) return known;
    const made = this.unique(camelCase(name.toLowerCase()));
    this.#arguments.set(name, made);
    return made;
  }

  /** Gives a stage the name of its constant. */
  addStage(definition: Definition, name: string): string {
    const made = this.constant(name);
    this.#stages.set(definition, made);
    return made;
  }

  /** A constant called as much like a name as can be. */
  constant(name: string): string {
    return this.unique(camelCase(name));
  }

  stage(definition: Definition): string {
    const name = this.#stages.get(definition);
    if (name === undefined) throw new Error("a stage is used before it is said");
    return name;
  }

  /** The value of the option `from`; undefined for the build's own folder. */
  from(from: CopyFrom): string | undefined {
    if (from.type === "image") return this.stage(from.image);
    return from.type === "reference" ? JSON.stringify(from.name) : undefined;
  }

  use(name: string): string {
    this.imports.add(name);
    return name;
  }

  /** A name that nothing else has. */
  unique(wish: string): string {
    const usable = /^[A-Za-z_$]/.test(wish) ? wish : `stage${wish}`;
    let name = reserved.has(usable) ? `${usable}Image` : usable;
    for (let number = 2; this.#taken.has(name); number++) name = `${usable}${number}`;
    this.#taken.add(name);
    return name;
  }
}

function camelCase(name: string): string {
  return name.replace(/[^A-Za-z0-9$]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
}
