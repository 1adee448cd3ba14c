import { type Definition, type FromNode, type Step, statementsOf } from "@strake/core";
import { expandWord } from "../expand/expand.ts";
import { readDockerfile } from "../read/read-dockerfile.ts";
import type { ReadDockerfile, StageSyntax } from "../read/read-options.ts";
import { splitStages } from "../read/split-stages.ts";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import { objectCode, textCode } from "./code.ts";
import { CommentsOf, commentText } from "./comments.ts";
import { baseOf, FiredTriggers, triggersOf } from "./fired-triggers.ts";
import { marking, markingGlobals } from "./marks.ts";
import { SharedFunctions } from "./shared-functions.ts";
import { type Piece, type StageItem, sharePieces } from "./shared-pieces.ts";
import { StageNames } from "./stage-names.ts";
import { stepCode } from "./step-code.ts";

/**
 * Writes a Dockerfile as a build file that makes the same images.
 *
 * Stages become constants, of which the last is the default export and those that it does not need are exports of their
 * own; arguments before the first FROM become `argument()`; statements that several stages share become functions. What
 * ONBUILD of a stage leaves to others is said in those.
 * Comments stay where they are. Nothing is looked up: a variable that only the base can have is one of the base.
 *
 * @param file what messages call the Dockerfile
 * @throws StrakeError as parsing and reading do
 */
export function convertDockerfile(text: string, { file }: { readonly file: string }): string {
  return new Conversion(parseDockerfile(text, { file })).print();
}

/** A stage as code. */
interface StageBody {
  readonly from: string;
  readonly comments: readonly string[];
  /** Without the ONBUILD instructions that other stages carry out. */
  readonly pieces: readonly Piece[];
  /** Those instructions. */
  readonly triggers: string;
}

/** What a stage is called: by others, and for the command line; neither for the last, the default export. */
interface StageConstants {
  readonly own?: string;
  readonly exported?: string;
}

class Conversion {
  readonly #tree: DockerfileTree;
  readonly #names: StageNames;
  readonly #globals: readonly Instruction[];
  readonly #reading: ReadDockerfile;
  readonly #comments: CommentsOf;
  /** The stages that others stand on; those carry their triggers out. */
  readonly #bases: ReadonlySet<Definition>;

  constructor(tree: DockerfileTree) {
    const { globals } = splitStages(tree);
    const declared = new Set(globals.flatMap(({ words }) => words.map(({ value }) => nameOf(value))));
    this.#tree = tree;
    this.#globals = globals;
    this.#names = new StageNames(declared);
    this.#reading = readDockerfile(tree, {
      context: "/",
      // Nothing in the result depends on it: what differs between platforms is said by variables.
      platform: "linux/amd64",
      allStages: true,
      substitute: marking(declared),
    });
    this.#comments = new CommentsOf(tree);
    this.#bases = new Set([...this.#reading.definitions.values()].flatMap((definition) => baseOf(definition) ?? []));
  }

  print(): string {
    const { stages, definitions, definition: last } = this.#reading;
    const definitionOf = ({ index }: StageSyntax) => definitions.get(index) as Definition;
    const needed = usedImages(last);
    const names = stages.map((stage) => this.#nameStage(stage, definitionOf(stage), needed));
    const bodies = stages.map((stage) => this.#body(stage, definitionOf(stage)));
    const items = sharePieces(bodies.map(({ pieces }) => pieces));
    const functions = new SharedFunctions(this.#names);
    const images = stages.flatMap((_, at) => {
      const { own, exported } = names[at] as StageConstants;
      const { from, comments, triggers } = bodies[at] as StageBody;
      const calls = (items[at] as readonly StageItem[]).map((item) => functions.call(item)).join("");
      const beginning = own === undefined ? "export default" : `${own === exported ? "export " : ""}const ${own} =`;
      const image = `${commentText(comments)}${beginning} image()\n  ${from}${calls};\n`;
      const again =
        exported === own || exported === undefined ? [] : [`export const ${exported} = ${own}${triggers};\n`];
      return [...functions.take(), image, ...again];
    });
    const constants = this.#constants();
    const trailing = commentText(this.#comments.trailing);
    return [this.#imports(), constants, ...images, trailing].filter((part) => part !== "").join("\n");
  }

  #nameStage(stage: StageSyntax, definition: Definition, needed: ReadonlySet<Definition>): StageConstants {
    if (definition === this.#reading.definition) return {};
    const name = stage.name ?? `stage${stage.index}`;
    if (needed.has(definition)) return { own: this.#names.addStage(definition, name) };
    if (!this.#isTriggering(definition)) {
      const own = this.#names.addStage(definition, name);
      return { own, exported: own };
    }
    const exported = this.#names.constant(name);
    return { own: this.#names.addStage(definition, `${name}-base`), exported };
  }

  /** Whether a stage has ONBUILD instructions that another carries out; that one stands on it without them. */
  #isTriggering(definition: Definition): boolean {
    return this.#bases.has(definition) && triggersOf(definition).length > 0;
  }

  #body(stage: StageSyntax, definition: Definition): StageBody {
    const [from, ...steps] = statementsOf(definition) as readonly [FromNode, ...Step[]];
    const { instructions } = this.#reading;
    const triggering = this.#isTriggering(definition);
    const fired = new FiredTriggers(from, stage.from);
    let told: Instruction | undefined;
    const piece = (node: Step): Piece => {
      const instruction = instructions.get(node) as Instruction;
      const trigger = fired.triggerOf(instruction);
      const commented = trigger === undefined ? instruction : (instructions.get(trigger) as Instruction);
      // An instruction of several statements has its comments once.
      const comments = instruction === told ? [] : this.#comments.of(commented);
      told = instruction;
      // A trigger is a text of its own, in which directives have no part.
      const escapeCharacter = trigger === undefined ? this.#tree.escape : "\\";
      return { code: stepCode(node, instruction, escapeCharacter, this.#names), comments };
    };
    const own = steps.filter((node) => !isJoined(node) && !(triggering && node.kind === "onbuild"));
    const triggers = triggersOf(definition).map((node) => `\n  ${piece(node).code}`);
    told = undefined;
    return {
      from: this.#from(from),
      comments: this.#comments.of(stage.from),
      pieces: own.map(piece),
      triggers: triggers.join(""),
    };
  }

  #from({ base, platform }: FromNode): string {
    const options = platform === undefined ? [] : [objectCode({ platform: textCode(platform as string, this.#names) })];
    return `.from(${[this.#base(base), ...options].join(", ")})`;
  }

  #base(base: FromNode["base"]): string {
    if (base.type === "image") return this.#names.stage(base.image);
    return base.type === "reference" ? textCode(base.name as string, this.#names) : JSON.stringify(base.type);
  }

  #imports(): string {
    const names = [...new Set([...this.#names.imports, "image"])].sort((left, right) => {
      return left.replace("type ", "").toLowerCase() < right.replace("type ", "").toLowerCase() ? -1 : 1;
    });
    return `import { ${names.join(", ")} } from "strake";\n`;
  }

  /** The constants of the arguments that are used, with what stands above them. */
  #constants(): string {
    const lines: string[] = [];
    const said = new Set<string>();
    // From the last on: what a default uses stands before it.
    for (const instruction of [...this.#globals].reverse()) {
      for (const { value } of [...instruction.words].reverse()) {
        const name = nameOf(value);
        if (!this.#names.used.has(name) || said.has(name)) continue;
        said.add(name);
        lines.push(`const ${this.#names.argument(name)} = ${this.#argument(value)};\n`);
      }
      lines.push(commentText(this.#comments.of(instruction)));
    }
    return lines.reverse().join("");
  }

  /** The call that makes an argument. */
  #argument(word: string): string {
    const equals = word.indexOf("=");
    const name = nameOf(word);
    const several =
      this.#globals.flatMap(({ words }) => words).filter(({ value }) => nameOf(value) === name).length > 1;
    const written = word.slice(equals + 1);
    const variables = markingGlobals(written, this.#reading.globals);
    const value = () =>
      // One that is said again, from its own value, is what it comes to in the end.
      several ? (this.#reading.globals.get(name) ?? "") : expandWord(written, variables, { escape: this.#tree.escape });
    const otherwise = () => textCode(value(), this.#names);
    const args = [JSON.stringify(name), ...(equals === -1 ? [] : [otherwise()])];
    return `${this.#names.use("argument")}(${args.join(", ")})`;
  }
}

function nameOf(word: string): string {
  const equals = word.indexOf("=");
  return equals === -1 ? word : word.slice(0, equals);
}

/** Whether a statement is a part of the next, and printed with it. */
function isJoined(node: Step): boolean {
  return node.kind === "arg" && node.history === null;
}

/** The images that an image stands on or takes files from, and itself. */
function usedImages(definition: Definition): ReadonlySet<Definition> {
  const found = new Set([definition]);
  for (const image of found) {
    for (const node of statementsOf(image)) {
      if (node.kind === "from" && node.base.type === "image") found.add(node.base.image);
      if (node.kind === "copy" && node.from.type === "image") found.add(node.from.image);
      if (node.kind !== "run") continue;
      for (const mount of node.mounts) {
        if ("from" in mount && mount.from?.type === "image") found.add(mount.from.image);
      }
    }
  }
  return found;
}
