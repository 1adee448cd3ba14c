import { LocalImages, layerLength, type Store } from "@strake/engine";
import type { ImageConfig } from "@strake/oci";
import { formatAge } from "../format/format-duration.ts";
import { formatSize } from "../format/format-size.ts";
import { rfc3339Time } from "../format/go-time.ts";
import { truncate } from "../format/table.ts";
import { findImage } from "./find-image.ts";
import { shortId } from "./images.ts";
import { printRows, printsIds, type Row } from "./print-rows.ts";
import type { HistoryRequest } from "./request.ts";

/** Shows how an image of the store came to be: what `strake history` prints. */
export async function showHistory(store: Store, request: HistoryRequest, now: number): Promise<string> {
  const record = findImage(store, request.image);
  const image = await new LocalImages(store).open(record);
  const sizes: number[] = [];
  for (const layer of await image.layers()) sizes.push(await layerLength(store, layer));
  return printHistory(record.id, await image.config(), sizes, request, now);
}

/** Prints the history of a config, the last statement first; statements take the layers' sizes in order. */
export function printHistory(
  id: string,
  config: ImageConfig,
  layerSizes: readonly number[],
  request: HistoryRequest,
  now: number,
): string {
  const left = [...layerSizes];
  const rows = (config.history ?? []).map((entry): Row => {
    const size = entry.empty_layer ? 0 : (left.shift() ?? 0);
    const time = Date.parse(entry.created ?? "");
    // As docker: what is said to be of 1970 was built so that it does not hang on the time.
    const age = Number.isNaN(time) || time <= 0 ? "N/A" : formatAge(now - time);
    const at = Number.isNaN(time) ? "" : rfc3339Time(time);
    const createdBy = (entry.created_by ?? "").replaceAll("\t", " ");
    return {
      ID: "<missing>",
      CreatedSince: request.human ? age : at,
      CreatedAt: at,
      CreatedBy: request.truncate ? truncate(createdBy.replaceAll(/\s*\n\s*/g, " "), 45) : createdBy,
      Size: request.human ? formatSize(size) : String(size),
      Comment: entry.comment ?? "",
    };
  });
  const last = rows.length - 1;
  const shownId = request.truncate ? shortId(id) : id;
  const newestFirst = rows.map((row, at) => (at === last ? { ...row, ID: shownId } : row)).reverse();
  if (printsIds(request.quiet, request.format)) return newestFirst.map((row) => `${row.ID}\n`).join("");
  const shown = request.human ? headings : { ...headings, CreatedSince: headings.CreatedAt ?? "" };
  return printRows(newestFirst, shown, ["ID", "CreatedSince", "CreatedBy", "Size", "Comment"], request.format);
}

const headings: Row = {
  ID: "IMAGE",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
};
