import { existsSync } from "node:fs";
import { type ImageRecord, LocalImages, type Store } from "@strake/engine";
import { familiarReference, type ImageConfig, OciError, parseReference } from "@strake/oci";
import { formatAge } from "../format/format-duration.ts";
import { formatSize } from "../format/format-size.ts";
import { goTime } from "../format/go-time.ts";
import { filterImages, isPattern, matchesReference } from "./filter-images.ts";
import { findImage } from "./find-image.ts";
import type { ListedImage } from "./listed-image.ts";
import { printRows, printsIds, type Row } from "./print-rows.ts";
import type { ImagesRequest } from "./request.ts";
import { saysTag } from "./says-tag.ts";

/** Lists the images of the store: what `strake images` prints. */
export async function listImages(store: Store, request: ImagesRequest, now: number): Promise<string> {
  const listed: ListedImage[] = [];
  for (const record of store.images.list()) {
    try {
      listed.push(await describe(store, record));
    } catch (error) {
      // Somebody has removed it meanwhile.
      if (existsSync(store.images.path(record))) throw error;
    }
  }
  const shown = listed.filter((image) => !isTagged(image, listed));
  const named = request.name === undefined ? shown : shown.filter(isNamed(request.name));
  const { filters = [] } = request;
  const others = { before: [] as ListedImage[], since: [] as ListedImage[] };
  for (const { key, value } of filters) {
    if (key === "before" || key === "since") others[key].push(await describe(store, findImage(store, value)));
  }
  return printImages(filterImages(named, filters, others, now), request, now);
}

/** Tells whether an image that was asked for by its digest is also known by a tag of the same repository. */
function isTagged({ name, digest }: ListedImage, others: readonly ListedImage[]): boolean {
  if (name === undefined || !name.includes("@")) return false;
  const repository = name.slice(0, name.indexOf("@"));
  return others.some((other) => other.digest === digest && other.name?.startsWith(`${repository}:`));
}

async function describe(store: Store, record: ImageRecord): Promise<ListedImage> {
  const config = await configOf(store, record);
  const { manifest, id, named, size, name, index } = record;
  return {
    ...(name === undefined ? {} : { name }),
    id,
    digest: index ?? manifest,
    created: config === undefined ? named : createdAt(config),
    named,
    size,
    labels: config?.config?.Labels ?? {},
  };
}

/** An image that is damaged is listed too, so that it can be removed; of it nothing more is told. */
async function configOf(store: Store, record: ImageRecord): Promise<ImageConfig | undefined> {
  try {
    return await (await new LocalImages(store).open(record)).config();
  } catch (error) {
    if (OciError.is(error) && existsSync(store.images.path(record))) return undefined;
    throw error;
  }
}

/** Prints a list of images, the newest first. */
export function printImages(images: readonly ListedImage[], request: ImagesRequest, now: number): string {
  const sorted = [...images].sort(
    (left, right) => right.created - left.created || (sortName(left) < sortName(right) ? -1 : 1),
  );
  const rows = sorted.map((image) => toRow(image, request, now));
  if (printsIds(request.quiet, request.format)) return rows.map((row) => `${row.ID}\n`).join("");
  const columns = ["Repository", "Tag", ...(request.digests ? ["Digest"] : []), "ID", "CreatedSince", "Size"];
  return printRows(rows, headings, columns, withDigest(request));
}

/** As docker has it, a table of the user's own gets the digests as a column too. */
function withDigest({ digests, format }: ImagesRequest): string | undefined {
  const isOwn = format !== undefined && /^table\s/.test(format) && !format.includes("{{.Digest}}");
  return digests && isOwn ? `${format}\t{{.Digest}}` : format;
}

/** The name that is shown; images without one come last. */
function sortName({ name }: ListedImage): string {
  return name === undefined ? "~" : familiarReference(parseReference(name));
}

const headings: Row = {
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  ID: "IMAGE ID",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
  VirtualSize: "SIZE",
  Containers: "CONTAINERS",
  SharedSize: "SHARED SIZE",
  UniqueSize: "UNIQUE SIZE",
};

const notFound = "N/A";

function toRow(image: ListedImage, { truncate }: ImagesRequest, now: number): Row {
  const { tag, digest, ...repository } = image.name === undefined ? {} : parseReference(image.name);
  return {
    Repository: "registry" in repository ? familiarReference(repository) : "<none>",
    Tag: digest === undefined ? (tag ?? "<none>") : "<none>",
    Digest: image.digest,
    ID: truncate ? shortId(image.id) : image.id,
    CreatedSince: formatAge(now - image.created),
    CreatedAt: goTime(image.created),
    Size: formatSize(image.size),
    // With as many digits as docker's own way to write sizes has.
    VirtualSize: formatSize(image.size, 4),
    // As docker where it has not been asked to find these out.
    Containers: notFound,
    SharedSize: notFound,
    UniqueSize: notFound,
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

/** Tells whether an image is meant: any of a repository, the one with the tag or digest that was given, or by a pattern. */
function isNamed(text: string): (image: ListedImage) => boolean {
  if (isPattern(text)) return (image) => matchesReference(text, image.name);
  const wanted = parseReference(text);
  const isOneOfAll = saysTag(text);
  return ({ name: has, digest }) => {
    if (has === undefined) return false;
    const name = parseReference(has);
    const same = name.registry === wanted.registry && name.repository === wanted.repository;
    if (!same || !isOneOfAll) return same;
    return wanted.digest === undefined ? name.tag === wanted.tag : digest === wanted.digest;
  };
}
