import { StrakeError } from "@strake/core";
import { type BuilderAddress, parseBuilder } from "../compose/builder-address.ts";
import { didYouMean } from "../compose/did-you-mean.ts";
import type { Settings } from "../compose/settings.ts";
import type { BuilderSettings } from "./builder-settings.ts";
import type { OfferedPlatform } from "./commands-of.ts";

/** A builder that a request names: by an address, or by a name of the settings. */
export interface NamedBuilder {
  readonly name: string;
  /** Its name and its address, for messages. */
  readonly label: string;
  readonly address: BuilderAddress;
  readonly platforms?: readonly OfferedPlatform[];
  readonly jobs: number;
}

/** How many images a builder builds at once where nothing is said: enough to keep its processors busy. */
const usualJobs = 4;

/**
 * Finds the builders that `--builder` names; `fleet` stands for all of the settings.
 *
 * @throws StrakeError `usage` for a name that nobody has, `invalid-builders` for settings that are wrong
 */
export async function nameBuilders(texts: readonly string[], settings: Settings): Promise<readonly NamedBuilder[]> {
  // Settings that are wrong stand in the way of those only who use them.
  const file = texts.every(isOfItself) ? undefined : settings.builders();
  const known = file === undefined ? new Map() : await readSettings(file);
  if (texts.includes("fleet") && known.size === 0) {
    throw wrong(
      "--builder fleet: no builders are set",
      "They stand in ~/.config/strake/builders.yaml, or in the file that STRAKE_BUILDERS names.",
    );
  }
  const names = new Set(texts.flatMap((text) => (text === "fleet" ? [...known.keys()] : [text])));
  return [...names].map((text) => nameBuilder(text, known, settings));
}

/** Loaded here, because most builds have builders that need no settings, and no YAML. */
async function readSettings({
  text,
  file,
}: {
  readonly text: string;
  readonly file: string;
}): Promise<BuilderSettings> {
  const { parseBuilderSettings } = await import("./builder-settings.ts");
  return parseBuilderSettings(text, file);
}

function nameBuilder(text: string, known: BuilderSettings, { docker }: Settings): NamedBuilder {
  const setting = known.get(text);
  if (setting === undefined) {
    if (!isOfItself(text)) throw unknownBuilder(text, known);
    return { name: text, label: text, address: parseBuilder(text, docker), jobs: usualJobs };
  }
  const found = parseBuilder(setting.address, docker);
  const { tls, platforms, jobs = usualJobs } = setting;
  return {
    name: text,
    label: `${text} (${setting.address})`,
    address: found.type === "daemon" && tls !== undefined ? { ...found, tls: { ...found.tls, ...tls } } : found,
    jobs,
    ...(platforms === undefined ? {} : { platforms: platforms.map((platform) => ({ platform, isNative: true })) }),
  };
}

/** Tells whether a text says by itself which builder it means. */
function isOfItself(text: string): boolean {
  return ["engine", "docker", "default"].includes(text) || text.includes(":");
}

function unknownBuilder(text: string, known: BuilderSettings): StrakeError {
  const names = ["engine", "auto", "docker", ...(known.size > 0 ? ["fleet"] : []), ...known.keys()];
  return wrong(
    `--builder ${text}: there is no such builder`,
    ...didYouMean(text, names),
    `There are ${names.join(", ")}, and addresses such as unix:///run/buildkit/buildkitd.sock or tcp://host:1234.`,
  );
}

function wrong(message: string, ...notes: readonly string[]): StrakeError {
  return new StrakeError({ code: "usage", message, notes });
}
