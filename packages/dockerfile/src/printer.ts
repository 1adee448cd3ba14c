import {
  type CallSite,
  type CopyFrom,
  type Definition,
  type Evaluated,
  type Expression,
  evaluate,
  isPlatformArgument,
  type OutputOwner,
  type OutputProperty,
  relativePath,
  type TextValue,
} from "@strake/core";
import { NeededSyntax } from "./needed-syntax.ts";
import { noDockerfileForm } from "./no-dockerfile-form.ts";
import { escapeWord } from "./quote.ts";

/** What printing takes besides the definition. */
export interface PrintOptions {
  /** The absolute folder that is the build's context: the build file's. */
  readonly project: string;
  /** Names of images, for their stages. */
  readonly names?: ReadonlyMap<Definition, string>;
  /** What is known of other images; an output of one that is not known cannot be printed. */
  readonly outputs?: (owner: OutputOwner, property: OutputProperty) => Evaluated;
  /** False: no `# syntax` line, for builders that have only their own frontend. */
  readonly syntax?: boolean;
  /** False: no comment that tells what to call the build with, since somebody else tells the build. */
  readonly hints?: boolean;
  /** Images that the build can be given as named contexts; those that are used so are no stages. */
  readonly offered?: ReadonlySet<Definition>;
}

type Argument = Extract<Expression, { kind: "argument" }>;

/** One printing in progress: what its instructions share. */
export class Printer {
  readonly needed: NeededSyntax = new NeededSyntax();
  /** Folders outside the context, by the names that the Dockerfile has for them. */
  readonly contexts: Map<string, string> = new Map();
  /** Names of the images that can be used: of stages, and of those that the build is given. */
  readonly stages: Map<Definition, string> = new Map();
  /** Secrets by their ids; the environment variable that a command has one in, where it says so. */
  readonly secrets: Map<string, string | undefined> = new Map();
  /** Ids of the ssh agents that commands ask for. */
  readonly agents: Set<string> = new Set();
  /** What commands have to be allowed, in buildx's words. */
  readonly entitlements: Set<string> = new Set();
  /** The defaults of arguments before the first FROM, as they are written. */
  readonly globals: Map<string, string> = new Map();
  readonly options: PrintOptions;

  constructor(options: PrintOptions) {
    this.options = options;
  }

  /**
   * Prints a text with its literals escaped and its variables as `${NAME}`.
   *
   * @throws StrakeError `no-dockerfile-form` where an output of an image is not known
   */
  text(value: TextValue, site: CallSite, escaped: (literal: string) => string): string {
    if (typeof value === "string") return escaped(value);
    return this.#parts(value, site)
      .map((part) => ("variable" in part ? `\${${part.variable}}` : escaped(part.literal)))
      .join("");
  }

  /** Prints a text of FROM, where build arguments are variables. */
  fromText(value: TextValue, site: CallSite, where: string): string {
    if (typeof value === "string") return value;
    if (value.kind === "concat") return value.parts.map((part) => this.fromText(part, site, where)).join("");
    if (value.kind !== "argument") return this.literal(value, site, where);
    this.useArgument(value, site);
    return `\${${value.name}}`;
  }

  /** Sees to it that an argument is there before the first FROM. */
  useArgument({ name, default: otherwise }: Argument, site: CallSite): void {
    // Every build has these without a line that says so.
    if (isPlatformArgument(name)) return;
    const text = otherwise === undefined ? "" : `=${escapeWord(this.literal(otherwise, site, "a default"))}`;
    this.globals.set(name, `${name}${text}`);
  }

  /** The value of a text in which nothing may expand. */
  literal(value: TextValue, site: CallSite, where: string): string {
    if (typeof value === "string") return value;
    const parts = this.#parts(value, site);
    const variable = parts.find((part) => "variable" in part);
    if (variable !== undefined) throw noDockerfileForm(site, `a variable in ${where}`, "Write the value itself.");
    return parts.map((part) => ("literal" in part ? part.literal : "")).join("");
  }

  /** Where files come from: the value of `--from`, and the folder that is put before paths in the context. */
  from(from: CopyFrom, site: CallSite): { readonly flag: string | undefined; readonly prefix: string } {
    if (from.type === "reference") return { flag: from.name, prefix: "" };
    if (from.type === "image") return { flag: this.stageOf(from.image, site), prefix: "" };
    const path = relativePath(this.options.project, from.root);
    if (path === ".") return { flag: undefined, prefix: "" };
    if (!path.startsWith("..")) return { flag: undefined, prefix: `${path}/` };
    const known = [...this.contexts].find(([, root]) => root === from.root)?.[0];
    const name = known ?? `context-${this.contexts.size + 1}`;
    this.contexts.set(name, from.root);
    this.needed.use("named-context");
    return { flag: name, prefix: "" };
  }

  /** The name of an image that is given, or that has been printed as a stage before. */
  stageOf(image: Definition, site: CallSite): string {
    const name = this.stages.get(image);
    if (name === undefined) throw noDockerfileForm(site, "an image that is not a stage");
    return name;
  }

  #parts(expression: Expression, site: CallSite): readonly ({ literal: string } | { variable: string })[] {
    if (expression.kind === "concat") return expression.parts.flatMap((part) => this.#parts(part, site));
    if (expression.kind === "variable") return [{ variable: printVariable(expression, site) }];
    const evaluated = evaluate(expression, {
      variable: (name) => {
        throw noDockerfileForm(site, `a function of the variable ${name}`);
      },
      // A Dockerfile is printed for no build in particular.
      argument: () => undefined,
      property: (owner, property) => this.options.outputs?.(owner, property) ?? { known: false, waitsOn: owner.site },
    });
    if (evaluated.known) return [{ literal: String(evaluated.value) }];
    const { line } = evaluated.waitsOn;
    throw noDockerfileForm(site, `a value of another image that is known only after line ${line} has been built`);
  }
}

function printVariable({ name, otherwise }: Extract<Expression, { kind: "variable" }>, site: CallSite): string {
  if (!otherwise) return name;
  if (/^[\w./:@+,-]+$/.test(otherwise)) return `${name}:-${otherwise}`;
  throw noDockerfileForm(
    site,
    `"${otherwise}" in place of a variable`,
    "Set the variable before with .arg() or .env().",
  );
}
