import { Containers, type ImageRecord, type Store } from "@strake/engine";
import { familiarReference, parseReference } from "@strake/oci";
import { findImage } from "./find-image.ts";
import type { RmiRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Removes names of images; an image whose last name goes is not found any more, and its bytes go with the next prune.
 *
 * @returns what `strake rmi` prints, in Docker's words
 * @throws StrakeError `usage` for an image that a container stands on, and for an id with several names, unless forced
 */
export function removeImages(store: Store, request: RmiRequest): string {
  const lines: string[] = [];
  for (const text of request.images) {
    for (const record of namesMeant(store, text, request.force)) {
      const others = store.images.list().filter(({ id, name }) => id === record.id && name !== record.name);
      if (others.length === 0 && !request.force) refuseUsed(store, record, text);
      store.images.remove(parseReference(record.name));
      lines.push(`Untagged: ${familiarReference(parseReference(record.name))}`);
      if (others.length === 0) lines.push(`Deleted: ${record.id}`);
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** A name means itself; an id means all names of the image. */
function namesMeant(store: Store, text: string, force: boolean): readonly ImageRecord[] {
  const found = findImage(store, text);
  const byId = store.images.get(parseReferenceOrNothing(text) ?? parseReference(found.name))?.name !== found.name;
  const all = store.images.list().filter(({ id }) => id === found.id);
  if (!byId && parseReferenceOrNothing(text) !== undefined && !isIdOf(found, text)) return [found];
  if (all.length > 1 && !force) {
    throw usageError(
      `the image ${text} has several names`,
      `Name one of ${all.map(({ name }) => name).join(", ")}, or use -f.`,
    );
  }
  return all;
}

function isIdOf({ id }: ImageRecord, text: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{4,64}$/.test(text) && id.startsWith(`sha256:${text.replace(/^sha256:/, "")}`);
}

function parseReferenceOrNothing(text: string): ReturnType<typeof parseReference> | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

function refuseUsed(store: Store, record: ImageRecord, text: string): void {
  const user = new Containers(store.folder).list().find(({ manifest }) => manifest === record.manifest);
  if (user === undefined) return;
  throw usageError(`the container ${user.name} stands on the image ${text}`, "Remove it first, or use -f.");
}
