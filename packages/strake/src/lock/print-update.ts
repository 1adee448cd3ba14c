import type { Digest } from "@strake/oci";
import { formatSize } from "../format/format-size.ts";
import { truncate } from "../format/table.ts";
import { oneLine, withoutControlCodes } from "../screen/style.ts";
import { type ConfigChange, type ImageDifference, sizeOf } from "./image-difference.ts";
import { familiarKey } from "./locked-names.ts";
import type { PackageChange } from "./parse-packages.ts";
import type { UpdatedName } from "./update-names.ts";

/** What an update of the lockfile came to. */
export interface LockUpdate {
  readonly names: readonly UpdatedName[];
  /** Keys of pins that were removed. */
  readonly removed: readonly string[];
  readonly packages: boolean;
  readonly dryRun: boolean;
}

/** Tells people what an update of the lockfile changes: a paragraph for each name that moves, and the sum. */
export function printUpdate(update: LockUpdate): string {
  const { names, removed, dryRun } = update;
  const paragraphs = names.map((name) => printName(name, update.packages));
  const gone = removed.map((key) => `${familiarKey(key)}\n  removed: no image stands on it any more\n`);
  const added = names.filter(({ before }) => before === undefined).length;
  const moved = names.filter(({ before, after }) => before !== undefined && before !== after).length;
  const counts = [
    ...(moved === 0 ? [] : [`${moved} moved`]),
    ...(added === 0 ? [] : [`${added} added`]),
    ...(removed.length === 0 ? [] : [`${removed.length} removed`]),
  ];
  const sum = counts.length === 0 ? "strake.lock is up to date" : `strake.lock: ${counts.join(", ")}`;
  const end = counts.length > 0 && dryRun ? `${sum} (not written: --dry-run)` : sum;
  return `${[...paragraphs, ...gone].join("")}${end}\n`;
}

function printName(updated: UpdatedName, asked: boolean): string {
  const { key, before, after, difference } = updated;
  const name = familiarKey(key);
  if (before === after) return `${name}\n  unchanged: ${after}\n`;
  if (before === undefined) return `${name}\n  added: ${after}\n`;
  const lines = [`${before} → ${after}`];
  if (difference === undefined) lines.push("the image that it was is not in the registry any more");
  else lines.push(printLayers(difference), ...difference.config.map(printChange));
  if (asked && difference !== undefined) lines.push(...printPackages(updated));
  return `${name}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function printLayers({ sizeBefore, sizeAfter, kept, added, removed }: ImageDifference): string {
  const change = sizeAfter - sizeBefore;
  const by = change === 0 ? "" : ` (${change < 0 ? "-" : "+"}${formatSize(Math.abs(change))})`;
  const parts = [
    `${kept.length} kept`,
    `${added.length} added${added.length === 0 ? "" : ` (${formatSize(sizeOf(added))})`}`,
    `${removed.length} removed`,
  ];
  return `size ${formatSize(sizeBefore)} → ${formatSize(sizeAfter)}${by}; layers: ${parts.join(", ")}`;
}

function printChange({ what, before, after }: ConfigChange): string {
  if (before === undefined) return shown(`+ ${what} ${after}`);
  if (after === undefined) return shown(`- ${what} ${before}`);
  return `~ ${shown(what)} ${shown(before)} → ${shown(after)}`;
}

function printPackages({ packages, unreadPackages }: UpdatedName): readonly string[] {
  if (unreadPackages !== undefined) return [`packages: ${shown(unreadPackages)}`];
  if (packages === undefined) return ["packages: the image has no list of dpkg, apk or rpm"];
  const count = (of: (change: PackageChange) => boolean) => packages.filter(of).length;
  const added = count(({ before }) => before === undefined);
  const removed = count(({ after }) => after === undefined);
  const changed = packages.length - added - removed;
  return [
    `packages: ${added} added, ${removed} removed, ${changed} changed`,
    ...packages.map(({ name, before, after }) => `  ${printChange({ what: name, before, after })}`),
  ];
}

/** What an image says of itself can be of any length, and can be meant for the terminal. */
function shown(text: string): string {
  return truncate(withoutControlCodes(oneLine(text)), 160);
}

/** A digest as far as people need it to tell it from others. */
export function shortDigest(digest: Digest): string {
  const colon = digest.indexOf(":");
  return digest.slice(0, colon + 13);
}
