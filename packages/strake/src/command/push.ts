import { type ImageRecord, LocalImages, type Store } from "@strake/engine";
import { familiarReference, parseReference, printReference } from "@strake/oci";
import { ImagePusher } from "../compose/push-images.ts";
import { openWorkspace } from "../compose/workspace.ts";
import { pushWords } from "../screen/transfer-words.ts";
import { startTransfers } from "../screen/transfers.ts";
import { findImage, isIdOf, namedRecords } from "./find-image.ts";
import type { PushRequest } from "./request.ts";
import { saysTag } from "./says-tag.ts";
import { usageError } from "./usage-error.ts";

/**
 * Pushes images of the local store under their names.
 *
 * @returns what `strake push` prints: each name with the digest it has there
 */
export async function pushNames(request: PushRequest, signal: AbortSignal): Promise<string> {
  const workspace = openWorkspace({ readOnly: false, signal });
  const transfers = startTransfers(request.progress, process.stderr, process.env, pushWords);
  try {
    const { store } = workspace.engine;
    const wanted = request.allTags
      ? request.names.flatMap((name) => {
          if (saysTag(name)) throw usageError(`--all-tags: ${name} names one image`, "Leave its tag or digest out.");
          const { registry, repository } = parseReference(name);
          const all = namedRecords(store).map((record) => ({ record, reference: parseReference(record.name) }));
          return all.filter(({ reference }) => reference.registry === registry && reference.repository === repository);
        })
      : request.names.map((name) => ({ record: findByName(store, name), reference: parseReference(name) }));
    const pusher = new ImagePusher(workspace);
    const quiet = request.progress === "quiet";
    const lines: string[] = [];
    if (!request.allTags && !request.names.every(saysTag)) transfers.say("Using default tag: latest");
    for (const { record, reference } of wanted) {
      const image = await new LocalImages(store).open(record);
      transfers.say(`The push refers to ${printReference(reference)}`);
      const watch = transfers.watch(familiarReference(reference));
      for (const { name, digest, unchanged } of await pusher.push([image], [reference], watch)) {
        lines.push(quiet ? name : `${name} ${digest}${unchanged ? " (unchanged)" : ""}`);
      }
    }
    return lines.map((line) => `${line}\n`).join("");
  } finally {
    transfers.end();
    await workspace.close();
  }
}

/** Where an image goes is said by its name, so an id is not enough. */
function findByName(store: Store, text: string): ImageRecord {
  if (text.includes("@")) {
    throw usageError(`${text}: an image is pushed under a tag, and has its digest by itself`, "Leave the digest out.");
  }
  const record = findImage(store, text);
  if (!isIdOf(record, text)) return record;
  throw usageError(
    `${text} is an id, and where an image goes is said by its name`,
    `Give it one: strake tag ${text} NAME`,
  );
}
