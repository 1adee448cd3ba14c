import { StrakeError } from "@strake/core";
import { type ImageRecord, LocalImages, type Store } from "@strake/engine";
import { familiarReference, type Image, parseReference, printReference, type Reference } from "@strake/oci";
import { packed } from "../compose/copy/open-source.ts";
import { EngineImages } from "../compose/engine-images.ts";
import { ImagePusher } from "../compose/push-images.ts";
import { openWorkspace } from "../compose/workspace.ts";
import { pushWords } from "../screen/transfer-words.ts";
import { startTransfers } from "../screen/transfers.ts";
import { findImage, isIdOf, namedRecords } from "./find-image.ts";
import type { PushRequest } from "./request.ts";
import { saysTag } from "./says-tag.ts";
import { usageError } from "./usage-error.ts";

/** What stands before the name of an image of the Docker Engine, as in `from()`. */
const inEngine = "docker-daemon://";

/** An image and the name that it is pushed under. */
interface Wanted {
  readonly reference: Reference;
  open(): Promise<Image>;
}

/**
 * Pushes images of the local store, or of the Docker Engine's, under their names.
 *
 * @returns what `strake push` prints: each name with the digest it has there
 */
export async function pushNames(request: PushRequest, signal: AbortSignal): Promise<string> {
  const workspace = openWorkspace({ readOnly: false, signal });
  const transfers = startTransfers(request.progress, process.stderr, process.env, pushWords);
  const engine = new EngineImages(() => workspace.settings.docker(), workspace.engine.store, true);
  try {
    const { store } = workspace.engine;
    const stored = (record: ImageRecord, name: string): Wanted => {
      return { reference: parseReference(name), open: () => new LocalImages(store).open(record) };
    };
    const find = (name: string): readonly Wanted[] => {
      if (name.startsWith(inEngine)) return [engineImage(engine, name.slice(inEngine.length))];
      if (!request.allTags) return [stored(findByName(store, name), name)];
      if (saysTag(name)) throw usageError(`--all-tags: ${name} names one image`, "Leave its tag or digest out.");
      const { registry, repository } = parseReference(name);
      const all = namedRecords(store).map((record) => stored(record, record.name));
      return all.filter(({ reference }) => reference.registry === registry && reference.repository === repository);
    };
    const wanted = request.names.flatMap(find);
    const pusher = new ImagePusher(workspace);
    const quiet = request.progress === "quiet";
    const lines: string[] = [];
    if (!request.allTags && !request.names.every(saysTag)) transfers.say("Using default tag: latest");
    for (const { reference, open } of wanted) {
      const image = await open();
      transfers.say(`The push refers to ${printReference(reference)}`);
      const watch = transfers.watch(familiarReference(reference));
      for (const { name, digest, unchanged } of await pusher.push([image], [reference], watch)) {
        lines.push(quiet ? name : `${name} ${digest}${unchanged ? " (unchanged)" : ""}`);
      }
    }
    return lines.map((line) => `${line}\n`).join("");
  } finally {
    transfers.end();
    engine.close();
    await workspace.close();
  }
}

function engineImage(engine: EngineImages, name: string): Wanted {
  const reference = parseReference(name);
  const find = async () => packed((await engine.find(familiarReference(reference), undefined)).image);
  return { reference, open: find };
}

/** Where an image goes is said by its name, so an id is not enough. */
function findByName(store: Store, text: string): ImageRecord {
  if (text.includes("@")) {
    throw usageError(`${text}: an image is pushed under a tag, and has its digest by itself`, "Leave the digest out.");
  }
  if (store.images.find(text).length === 0) {
    throw new StrakeError({
      code: "no-such-image",
      message: `there is no image "${text}" in the local store`,
      notes: [`One of the Docker Engine's is called ${inEngine}${text}.`],
    });
  }
  const record = findImage(store, text);
  if (!isIdOf(record, text)) return record;
  throw usageError(
    `${text} is an id, and where an image goes is said by its name`,
    `Give it one: strake tag ${text} NAME`,
  );
}
