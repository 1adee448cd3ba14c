/** The place in somebody's source that made a node: `file` is absolute, `line` and `column` count from 1. */
export interface CallSite {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
