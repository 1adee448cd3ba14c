import { LocalImages, type Store } from "@strake/engine";
import { familiarReference, type ImageConfig, parseReference, type Reference } from "@strake/oci";
import { formatAge } from "../format/format-duration.ts";
import { formatSize } from "../format/format-size.ts";
import { goTime } from "../format/go-time.ts";
import { printRows, type Row } from "./print-rows.ts";
import type { ImagesRequest } from "./request.ts";

/** What is shown of an image of the store. */
export interface ListedImage {
  readonly name: string;
  readonly id: string;
  /** The manifest's digest. */
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Bytes. */
  readonly size: number;
}

/** Lists the images of the store: what `strake images` prints. */
export async function listImages(store: Store, request: ImagesRequest, now: number): Promise<string> {
  const local = new LocalImages(store);
  const wanted = request.name === undefined ? undefined : wantedName(request.name);
  const listed: ListedImage[] = [];
  for (const record of store.images.list()) {
    if (wanted !== undefined && !wanted(parseReference(record.name))) continue;
    const config = await (await local.open(record)).config();
    listed.push({
      name: record.name,
      id: record.id,
      digest: record.manifest,
      created: createdAt(config),
      size: record.size,
    });
  }
  return printImages(listed, request, now);
}

/** Prints a list of images, the newest first. */
export function printImages(images: readonly ListedImage[], request: ImagesRequest, now: number): string {
  const sorted = [...images].sort((left, right) => right.created - left.created || (left.name < right.name ? -1 : 1));
  const rows = sorted.map((image) => toRow(image, request, now));
  if (request.quiet) return rows.map((row) => `${row.ID}\n`).join("");
  const columns = ["Repository", "Tag", ...(request.digests ? ["Digest"] : []), "ID", "CreatedSince", "Size"];
  return printRows(rows, headings, columns, request.format);
}

const headings: Row = {
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  ID: "IMAGE ID",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
};

function toRow(image: ListedImage, { truncate }: ImagesRequest, now: number): Row {
  const reference = parseReference(image.name);
  const { tag: _tag, digest: _digest, ...repository } = reference;
  return {
    Repository: familiarReference(repository),
    Tag: reference.tag ?? "<none>",
    Digest: image.digest,
    ID: truncate ? shortId(image.id) : image.id,
    CreatedSince: formatAge(now - image.created),
    CreatedAt: goTime(image.created),
    Size: formatSize(image.size),
  };
}

/** The first twelve digits of an id, as docker shows it. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(":") + 1).slice(0, 12);
}

/** When an image says it was made, in milliseconds since 1970; one that says nothing counts from then. */
export function createdAt({ created }: ImageConfig): number {
  const time = Date.parse(created ?? "");
  return Number.isNaN(time) ? 0 : time;
}

/** Tells whether a name is meant: any of a repository, or the one with the tag that was given too. */
function wantedName(text: string): (name: Reference) => boolean {
  const wanted = parseReference(text);
  const tagged = text.lastIndexOf(":") > text.lastIndexOf("/");
  return (name) =>
    name.registry === wanted.registry && name.repository === wanted.repository && (!tagged || name.tag === wanted.tag);
}
