import { type Exchange, sendBytes, sendError } from "./exchange.ts";

/**
 * Answers with a part of a sorted list: at most `n` entries after `last`, and where the next part is to be had
 * (distribution spec 1.1, end-8b).
 *
 * @param nameOf what an entry is sorted by, and named by in `last`
 */
export async function sendPage<T>(
  exchange: Exchange,
  all: readonly T[],
  nameOf: (entry: T) => string,
  document: (page: readonly T[]) => object,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { searchParams, pathname } = exchange.url;
  const asked = searchParams.get("n");
  if (asked !== null && !/^\d{1,9}$/.test(asked)) {
    return sendError(exchange, 400, "PAGINATION_NUMBER_INVALID", "n is not a number of entries");
  }
  const last = searchParams.get("last");
  const sorted = [...all].sort((one, other) => compareNames(nameOf(one), nameOf(other)));
  const rest = last === null ? sorted : sorted.filter((entry) => compareNames(nameOf(entry), last) > 0);
  const size = Math.min(Number(asked ?? rest.length), exchange.options.pageSize ?? rest.length);
  const page = rest.slice(0, size);
  const end = page.at(-1);
  const next = new URLSearchParams(searchParams);
  next.set("n", String(size));
  if (end !== undefined) next.set("last", nameOf(end));
  // Who asks for nothing gets nothing, and no way on.
  const link = end !== undefined && page.length < rest.length ? { link: `<${pathname}?${next}>; rel="next"` } : {};
  const bytes = Buffer.from(JSON.stringify(document(page)));
  await sendBytes(exchange, 200, { "content-type": "application/json", ...headers, ...link }, bytes);
}

/** The spec's lexical order, in which upper and lower case are the same as long as there is another difference. */
function compareNames(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a !== b) return a < b ? -1 : 1;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
