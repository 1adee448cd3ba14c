import { StrakeError } from "@strake/core";
import { Containers, type ImageRecord, type Store } from "@strake/engine";
import { familiarReference, parseReference } from "@strake/oci";
import { findImage, isIdOf } from "./find-image.ts";
import type { RmiRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/** What `strake rmi` has to tell. */
export interface Removal {
  /** What was removed, in Docker's words. */
  readonly text: string;
  /** What could not be: an image that is not there, or that a container stands on, or an id with several names. */
  readonly errors: readonly unknown[];
}

/**
 * Removes names of images, and images that have none; one whose last name goes is not found any more, and its bytes go
 * with the next prune.
 *
 * What cannot be removed keeps nothing else from being.
 */
export function removeImages(store: Store, request: RmiRequest): Removal {
  const lines: string[] = [];
  const errors: unknown[] = [];
  for (const text of request.images) {
    try {
      for (const record of recordsMeant(store, text, request.force)) {
        lines.push(...removeRecord(store, record, text, request.force));
      }
    } catch (error) {
      // As docker has it: whoever forces it wants the image gone, and it is.
      const gone = StrakeError.is(error) && error.code === "no-such-image";
      if (!(request.force && gone)) errors.push(error);
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(""), errors };
}

function removeRecord(store: Store, record: ImageRecord, text: string, force: boolean): readonly string[] {
  const isLast = store.images.list().every(({ id, name }) => id !== record.id || name === record.name);
  if (isLast && !force) refuseUsed(store, record, text);
  store.images.removeRecord(record);
  const untagged = record.name === undefined ? [] : [`Untagged: ${familiarReference(parseReference(record.name))}`];
  return [...untagged, ...(isLast ? [`Deleted: ${record.id}`] : [])];
}

/** A name means itself; an id means all names of the image. */
function recordsMeant(store: Store, text: string, force: boolean): readonly ImageRecord[] {
  const found = findImage(store, text);
  if (!isIdOf(found, text)) return [checkName(found, text)];
  const all = store.images.list().filter(({ id }) => id === found.id);
  if (all.length > 1 && !force) {
    const names = all.flatMap(({ name }) => (name === undefined ? [] : [familiarReference(parseReference(name))]));
    throw usageError(`the image ${text} has several names`, `Name one of ${names.join(", ")}, or use -f.`);
  }
  return all;
}

/** A digest finds an image by its tag too, which is not what was named. */
function checkName(found: ImageRecord, text: string): ImageRecord {
  if (!text.includes("@") || found.name === undefined || found.name.includes("@")) return found;
  const name = familiarReference(parseReference(found.name));
  throw usageError(`${text} is known here by its tag`, `Remove it as ${name}.`);
}

function refuseUsed(store: Store, record: ImageRecord, text: string): void {
  const user = new Containers(store.folder).list().find(({ manifest }) => manifest === record.manifest);
  if (user === undefined) return;
  throw usageError(`the container ${user.name} stands on the image ${text}`, "Remove it first, or use -f.");
}
