import { commentText } from "./comments.ts";
import { isPiece, type Piece, type SharedPieces, type StageItem } from "./shared-pieces.ts";
import type { StageNames } from "./stage-names.ts";

/** The functions that statements which several stages share become. */
export class SharedFunctions {
  readonly #names: StageNames;
  readonly #made = new Map<SharedPieces, string>();
  #waiting: string[] = [];

  constructor(names: StageNames) {
    this.#names = names;
  }

  /** Prints a statement, or the use of a function, as one more line of a stage. */
  call(item: StageItem): string {
    if (isPiece(item)) return pieceText(item, "  ");
    const name = this.#made.get(item.shared) ?? this.#make(item.shared);
    return `\n${commentText(item.comments, "  ")}  .with(${name})`;
  }

  /** The functions that were used for the first time since this was asked. */
  take(): readonly string[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  #make(shared: SharedPieces): string {
    const name = this.#names.unique("shared");
    this.#names.use("type Image");
    this.#made.set(shared, name);
    const calls = shared.pieces.map((piece) => pieceText(piece, "    ")).join("");
    this.#waiting.push(`const ${name} = (it: Image) =>\n  it${calls};\n`);
    return name;
  }
}

function pieceText({ code, comments }: Piece, indent: string): string {
  return `\n${commentText(comments, indent)}${indent}${code}`;
}
