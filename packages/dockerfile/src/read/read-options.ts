import type { Base, CopyFrom, Definition, StrakeError } from "@strake/core";
import type { ImageConfig } from "@strake/oci/document";
import type { Variables } from "../expand/expand.ts";
import type { Instruction, Word } from "../syntax/tree.ts";

/** What reading takes besides the text. */
export interface ReadOptions {
  /** The absolute folder that COPY and ADD take files from. */
  readonly context: string;
  /** The platform that the image is for, such as `linux/amd64`. */
  readonly platform: string;
  /** The platform of the machine that builds; without it, `platform`. */
  readonly buildPlatform?: string;
  readonly buildArgs?: ReadonlyMap<string, string>;
  /** The stage to build, by name or number; without it, the last. */
  readonly target?: string;
  /** What `--build-context` names. */
  readonly contexts?: ReadonlyMap<string, NamedContext>;
  /**
   * The config of a base, where it is known already.
   *
   * Its variables and ONBUILD instructions take part in what follows FROM. Without it, they are left out and the result
   * says which bases it lacks: the names to look up are right as far as they go, and reading again with the configs
   * gives the definition.
   */
  readonly baseConfig?: (name: string, platform: string) => ImageConfig | undefined;
  /** Every stage is read, whether the target needs it or not. */
  readonly allStages?: boolean;
  /** Variables that may have a value in a base which is not known stay as they are. */
  readonly keepUnset?: boolean;
  /** Is told what is wrong with an instruction, which is then left out; without it the first mistake is thrown. */
  readonly onError?: (error: StrakeError, instruction: Instruction) => void;
  /** Is told each variable without a value, in stages of which all variables are known, with the names that have one. */
  readonly onUnset?: (name: string, instruction: Instruction, known: Iterable<string>) => void;
  /** Other texts in the place of variables' values, for those who want to know where variables are used. */
  readonly substitute?: Substitute;
}

/** What a name stands for besides stages and images. */
export type NamedContext =
  | CopyFrom
  /** An image layout; `baseConfig` is asked for its config by its name. */
  | { readonly type: "layout"; readonly name: string; readonly base: Extract<Base, { type: "ociLayout" }> }
  /** A stage of the same file, by its name or number. */
  | { readonly type: "stage"; readonly name: string };

/** What stands in for the values of variables. */
export interface Substitute {
  /** What a text of a stage sees. */
  variables(text: string, scope: SeenVariables): Variables;
  /** The value of an argument before the first FROM, or one that every build has, as FROM or a stage's ARG sees it. */
  global(name: string, value: string | undefined, seenBy: "from" | "arg"): string | undefined;
}

/** The variables at some place of a stage. */
export interface SeenVariables {
  readonly env: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string | undefined>;
  /** False while those of the base are not known. */
  readonly complete: boolean;
}

/** A stage as it stands in the file. */
export interface StageSyntax {
  readonly index: number;
  /** In lower case. */
  readonly name?: string;
  readonly from: Instruction;
  /** The image or stage that it stands on, unexpanded. */
  readonly base: Word;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile's meaning. */
export interface ReadDockerfile {
  /** The target's definition. */
  readonly definition: Definition;
  readonly stages: readonly StageSyntax[];
  /** The definitions of the stages that the target needs, by their number. */
  readonly definitions: ReadonlyMap<number, Definition>;
  /** Names of the definitions, for screens and for printing. */
  readonly names: ReadonlyMap<Definition, string>;
  /** What each statement was read from; where a base's ONBUILD has it, the instruction in that. */
  readonly instructions: ReadonlyMap<Definition, Instruction>;
  /** The values of the arguments before the first FROM. */
  readonly globals: ReadonlyMap<string, string>;
  /** Bases whose config was asked for and not known. */
  readonly missing: readonly { readonly name: string; readonly platform: string }[];
  /** The frontend that a `syntax` directive names. */
  readonly syntax?: string;
}
