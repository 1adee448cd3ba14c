import { type NameUse, type Pins, type Resolution, resolutionKey, StrakeError } from "@strake/core";
import { type Digest, familiarReference, type Platform, parseBaseName, printPlatform } from "@strake/oci";

/** How a frozen lockfile came about, for what is said where it would have to change. */
export interface FrozenLockOptions {
  /** Nobody asked for it: it is frozen because `CI` is set. */
  readonly byCi: boolean;
  /** The build file as it was asked for, the arguments, and platforms that images do not say: what mends it needs them. */
  readonly file?: string | undefined;
  /** The stage of a Dockerfile. */
  readonly stage?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platforms: readonly Platform[];
}

/** A line of the lockfile that a build would add or change. */
interface LockDifference {
  readonly use: NameUse & { readonly name: { readonly type: "image" } };
  readonly pinned?: Digest | undefined;
  readonly found?: Digest | undefined;
}

/** A lockfile that a build may not change: what it does not say is an error. */
export class FrozenLock {
  readonly #pins: Pins;
  readonly #options: FrozenLockOptions;

  constructor(pins: Pins, options: FrozenLockOptions) {
    this.#pins = pins;
    this.#options = options;
  }

  /**
   * Checks that every name is pinned, and to what it was found to stand for where it was looked up already.
   *
   * @throws StrakeError `not-locked`, with every name and platform for which that is not so
   */
  check(uses: readonly NameUse[], found: Resolution = new Map()): void {
    const differences = new Map<string, LockDifference>();
    for (const use of uses) {
      // A name with a digest says itself what it stands for.
      if (!isImageUse(use) || use.name.name.includes("@")) continue;
      const key = resolutionKey(use.name);
      const pinned = this.#pins.get(key);
      const digest = found.get(key)?.digest;
      if (pinned !== undefined && (digest === undefined || digest === pinned)) continue;
      if (!differences.has(key)) differences.set(key, { use, pinned, found: digest });
    }
    if (differences.size > 0) throw this.#error([...differences.values()]);
  }

  #error(differences: readonly LockDifference[]): StrakeError {
    const [first] = differences as [LockDifference, ...LockDifference[]];
    const several = `strake.lock is frozen, and this build would change ${differences.length} of its pins`;
    return new StrakeError({
      code: "not-locked",
      message: differences.length > 1 ? several : sentence(first),
      notes: [
        ...differences.flatMap(lines),
        `Run "${this.#command(differences)}", and commit strake.lock.`,
        this.#options.byCi
          ? "The lockfile is frozen because CI is set; --no-frozen-lockfile lets the build change it."
          : "Without --frozen-lockfile a build pins what is missing.",
      ],
      site: first.use.site,
    });
  }

  /** What mends the lockfile: only the names that are wrong move. */
  #command(differences: readonly LockDifference[]): string {
    const { file, stage, buildArgs, platforms } = this.#options;
    const names = differences.map(({ use }) => familiarReference(parseBaseName(use.name.name)));
    // Only what a name is made of: other arguments are nobody's business, and may be secret.
    const said = [...buildArgs].filter(([, value]) => value !== "" && names.some((name) => name.includes(value)));
    return [
      "strake update",
      ...(file === undefined ? [] : [`-f ${file}`]),
      ...(stage === undefined ? [] : [`--target ${stage}`]),
      ...said.map(([name, value]) => `--build-arg ${name}=${value}`),
      ...platforms.map((platform) => `--platform ${printPlatform(platform)}`),
      ...new Set(names),
    ].join(" ");
  }
}

function isImageUse(use: NameUse): use is LockDifference["use"] {
  return use.name.type === "image";
}

function sentence({ use, pinned, found }: LockDifference): string {
  const what = `${use.name.name} for ${use.name.platform}`;
  return found === undefined || pinned === undefined
    ? `strake.lock does not pin ${what}`
    : `strake.lock is frozen, and ${what} is not what it pins any more`;
}

/** The lines of the lockfile that would go, and those that would come. */
function lines({ use, pinned, found }: LockDifference): readonly string[] {
  const key = resolutionKey(use.name);
  const before = pinned === undefined ? [] : [`- ${key}: ${pinned}`];
  return [...before, `+ ${key}${found === undefined ? "  (not pinned)" : `: ${found}`}`];
}
