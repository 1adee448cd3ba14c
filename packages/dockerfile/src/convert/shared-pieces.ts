/** One statement of a stage as code, with the comments above it. */
export interface Piece {
  readonly code: string;
  readonly comments: readonly string[];
}

/** Statements that several stages have in common, one after the other. */
export interface SharedPieces {
  readonly pieces: readonly Piece[];
}

/** A place where statements stand that others have too. */
export interface SharedUse {
  readonly shared: SharedPieces;
  /** The comments that stand here, where they are others than at the first place. */
  readonly comments: readonly string[];
}

/** A stage in which what it shares with others stands in place of its statements. */
export type StageItem = Piece | SharedUse;

/** How much has to be the same before it is worth a function: two statements, or one long one. */
const worthwhile = (pieces: readonly Piece[]) => pieces.length > 1 || (pieces[0]?.code.length ?? 0) > 100;

/** Finds runs of statements that occur more than once, the longest first. */
export function sharePieces(stages: readonly (readonly Piece[])[]): readonly (readonly StageItem[])[] {
  let items: readonly (readonly StageItem[])[] = stages;
  for (;;) {
    const found = longestRepeat(items);
    if (found === undefined) return items;
    const shared: SharedPieces = { pieces: found };
    items = items.map((stage) => replaceAll(stage, found, shared));
  }
}

function longestRepeat(stages: readonly (readonly StageItem[])[]): readonly Piece[] | undefined {
  const repeated = repeatedCodes(stages);
  if (repeated.size === 0) return undefined;
  const longest = Math.max(...stages.map((stage) => stage.length));
  for (let length = longest; length > 0; length--) {
    const seen = new Map<string, { stage: number; end: number; pieces: readonly Piece[] }>();
    for (const [at, stage] of stages.entries()) {
      for (let from = 0; from + length <= stage.length; from++) {
        const pieces = stage.slice(from, from + length);
        const key = keyOf(pieces, repeated);
        if (key === undefined || !pieces.every(isPiece) || !worthwhile(pieces)) continue;
        const before = seen.get(key);
        if (before !== undefined && (before.stage !== at || before.end <= from)) return before.pieces;
        if (before === undefined) seen.set(key, { stage: at, end: from + length, pieces });
      }
    }
  }
  return undefined;
}

/** Statements that occur more than once, each with a short name. */
function repeatedCodes(stages: readonly (readonly StageItem[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of stages.flat().filter(isPiece)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return new Map([...counts].filter(([, count]) => count > 1).map(([code], at) => [code, at]));
}

/** What tells statements from others; undefined where one of them occurs only once. */
function keyOf(items: readonly StageItem[], repeated: ReadonlyMap<string, number>): string | undefined {
  const names = items.map((item) => (isPiece(item) ? repeated.get(item.code) : undefined));
  return names.includes(undefined) ? undefined : names.join();
}

function replaceAll(stage: readonly StageItem[], pieces: readonly Piece[], shared: SharedPieces): readonly StageItem[] {
  const items: StageItem[] = [];
  const isHere = (at: number) =>
    pieces.every(({ code }, offset) => {
      const item = stage[at + offset];
      return item !== undefined && isPiece(item) && item.code === code;
    });
  for (let at = 0; at < stage.length; ) {
    const here = isHere(at);
    items.push(here ? useOf(stage.slice(at, at + pieces.length), shared) : (stage[at] as StageItem));
    at += here ? pieces.length : 1;
  }
  return items;
}

function useOf(items: readonly StageItem[], shared: SharedPieces): SharedUse {
  const comments = items.flatMap((item) => item.comments);
  const first = shared.pieces.flatMap((piece) => piece.comments);
  return { shared, comments: comments.join("\n") === first.join("\n") ? [] : comments };
}

/** Tells a statement from what stands for several. */
export function isPiece(item: StageItem): item is Piece {
  return "code" in item;
}
