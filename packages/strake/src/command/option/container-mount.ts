import { usageError } from "../usage-error.ts";
import { parseBytes } from "./bytes.ts";
import type { MemoryFolder } from "./memory-folder.ts";

/** A folder or file of this machine that a container is to see. */
export interface BoundFolder {
  readonly type: "bind";
  /** The option as it was given, for messages. */
  readonly option: string;
  /** A path of this machine, as it was given. */
  readonly source: string;
  /** Absolute. */
  readonly target: string;
  readonly readonly: boolean;
}

/** What may stand behind the target besides `ro` and `rw`; all of it is so here anyway, or for others than Linux. */
const volumeModes: readonly string[] = ["ro", "rw", "z", "Z", "cached", "delegated", "consistent", "rprivate"];

/**
 * Reads what `-v` asks for: `SOURCE:TARGET`, with `:ro` for what may only be read.
 *
 * @throws StrakeError `usage`
 */
export function parseVolume(text: string): BoundFolder {
  const option = `-v ${text}`;
  const [source = "", target = "", modes = "rw", ...more] = text.split(":");
  const words = modes.split(",");
  const unknown = words.find((word) => !volumeModes.includes(word));
  if (source === "" || !target.startsWith("/") || more.length > 0 || unknown !== undefined) {
    throw usageError(
      `${option}: expected SOURCE:TARGET or SOURCE:TARGET:ro`,
      ...(text.startsWith("/") && !text.includes(":")
        ? [`Leave it out: what the command writes to ${text} is in the container anyway.`]
        : []),
    );
  }
  return { type: "bind", option, source, target, readonly: words.includes("ro") };
}

const mountForms = "Write type=bind,source=FOLDER,target=/FOLDER, with readonly too, or type=tmpfs,target=/FOLDER.";

/** What `--mount` can say, by the words for it. */
const mountFields: Readonly<Record<string, "type" | "source" | "target" | "readonly" | "size" | "ignored">> = {
  type: "type",
  source: "source",
  src: "source",
  target: "target",
  destination: "target",
  dst: "target",
  readonly: "readonly",
  ro: "readonly",
  "tmpfs-size": "size",
  consistency: "ignored",
};

/**
 * Reads what `--mount` asks for, in docker's notation.
 *
 * @throws StrakeError `usage`
 */
export function parseMount(text: string): BoundFolder | MemoryFolder {
  const option = `--mount ${text}`;
  const said = new Map<string, string>();
  for (const part of text.split(",")) {
    const [name = "", ...value] = part.split("=");
    const field = mountFields[name.trim().toLowerCase()];
    if (field === undefined) throw usageError(`${option}: "${part}" is not known`, mountForms);
    said.set(field, value.length === 0 ? "true" : value.join("="));
  }
  const { type = "volume", source, target = "", size, readonly = "false" } = Object.fromEntries(said);
  if (!target.startsWith("/") || target === "/") throw usageError(`${option}: target=/FOLDER is missing`, mountForms);
  if (type === "tmpfs") {
    return { type, target, ...(size === undefined ? {} : { size: parseBytes("--mount tmpfs-size", size) }) };
  }
  if (type !== "bind") throw usageError(`${option}: there is no type=${type} here`, mountForms);
  if (!source) throw usageError(`${option}: source=FOLDER is missing`, mountForms);
  return { type, option, source, target, readonly: /^(?:1|t|true)$/i.test(readonly) };
}
