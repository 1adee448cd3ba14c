import { StrakeError } from "../strake-error.ts";

const setuid = 0o4000;
const setgid = 0o2000;
const sticky = 0o1000;

/** What each letter before an operator stands for. */
const classes: Readonly<Record<string, number>> = {
  u: setuid | 0o700,
  g: setgid | 0o070,
  o: 0o007,
  a: setuid | setgid | 0o777,
};

/** A change of mode: an octal number that replaces the mode, or the steps of a symbolic one. */
export type ModeChange = number | readonly ModeStep[];

/** One operator of a symbolic mode with what stands after it. */
export interface ModeStep {
  readonly operator: "+" | "-" | "=";
  /** The bits that the step may touch. */
  readonly mask: number;
  /** The bits to add, take away or set. */
  readonly bits: number;
  /** `X` was among the letters: executable, for directories and for what anybody could execute before. */
  readonly executableIfAny: boolean;
  /** The class whose permissions are taken, in the place of `bits`. */
  readonly copyFrom?: "u" | "g" | "o";
}

/**
 * Reads a mode as chmod(1) takes it: octal up to 07777, or symbolic such as `u=rwX,go=rX`.
 *
 * A symbolic mode without a class is for everybody, as with a umask of 0. Details are those of BSD's setmode(3), which
 * BuildKit follows: without a class `=t` touches the sticky bit alone, and `s` and `t` mean nothing for `o`.
 *
 * @throws StrakeError `invalid-mode`
 */
export function parseMode(spec: string): ModeChange {
  if (/^[0-9]/.test(spec)) {
    const mode = Number.parseInt(spec, 8);
    if (!/^[0-7]+$/.test(spec) || mode > 0o7777) throw invalidMode(spec);
    return mode;
  }
  return spec.split(",").flatMap((clause) => parseClause(clause, spec));
}

/**
 * Changes a mode as chmod(1) would, with a umask of 0.
 *
 * @throws StrakeError `invalid-mode`
 */
export function applyMode(mode: number, spec: string, isDirectory: boolean): number {
  return changeMode(mode, parseMode(spec), isDirectory);
}

/** Changes a mode by what `parseMode` has read. */
export function changeMode(mode: number, change: ModeChange, isDirectory: boolean): number {
  if (typeof change === "number") return change;
  const anyExecutes = isDirectory || (mode & 0o111) !== 0;
  return change.reduce((current, step) => applyStep(current, step, anyExecutes), mode);
}

/** The mode that a file has whatever the umask it was checked out with: 0755 where its owner may execute it, or 0644. */
export function normalMode(mode: number, isDirectory: boolean): number {
  return isDirectory || (mode & 0o100) !== 0 ? 0o755 : 0o644;
}

function parseClause(clause: string, spec: string): ModeStep[] {
  const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
  if (match === null) throw invalidMode(spec);
  const [, who = "", operations = ""] = match;
  let named = 0;
  for (const letter of who) named |= classes[letter] as number;
  return [...operations.matchAll(/([-+=])([rwxXstugo]*)/g)].flatMap(([, operator, letters]) =>
    parseOperation(operator as ModeStep["operator"], letters as string, named),
  );
}

/** The steps of one operator: several where classes to copy from stand among the letters. */
function parseOperation(operator: ModeStep["operator"], letters: string, named: number): ModeStep[] {
  if (letters === "") return [letterStep(operator, "", named)];
  return (letters.match(/[ugo]|[^ugo]+/g) ?? []).map((part) =>
    part === "u" || part === "g" || part === "o"
      ? { operator, mask: (named || 0o777) & 0o777, bits: 0, executableIfAny: false, copyFrom: part }
      : letterStep(operator, part, named),
  );
}

function letterStep(operator: ModeStep["operator"], letters: string, named: number): ModeStep {
  let mask = named;
  let bits = 0;
  for (const letter of letters) {
    if (letter === "r") bits |= 0o444;
    if (letter === "w") bits |= 0o222;
    if (letter === "x") bits |= 0o111;
    if (named === classes.o) continue;
    if (letter === "s") bits |= setuid | setgid;
    if (letter === "t") {
      bits |= sticky;
      mask |= sticky;
    }
  }
  return { operator, mask: mask || (classes.a as number), bits, executableIfAny: letters.includes("X") };
}

function applyStep(mode: number, step: ModeStep, anyExecutes: boolean): number {
  let bits = step.bits | (step.executableIfAny && anyExecutes ? 0o111 : 0);
  if (step.copyFrom !== undefined) bits = ((mode >> shifts[step.copyFrom]) & 0o7) * 0o111;
  bits &= step.mask;
  if (step.operator === "+") return mode | bits;
  if (step.operator === "-") return mode & ~bits;
  return (mode & ~step.mask) | bits;
}

const shifts = { u: 6, g: 3, o: 0 } as const;

function invalidMode(spec: string): StrakeError {
  return new StrakeError({
    code: "invalid-mode",
    message: `"${spec}" is not a mode: expected an octal number from 0 to 07777, or changes such as u=rwX,go=rX`,
  });
}
