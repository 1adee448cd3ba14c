import { createInterface } from "node:readline/promises";
import { Containers, type Pruned, prune, type Store } from "@strake/engine";
import { enterUserNamespace } from "../compose/enter-user-namespace.ts";
import { formatSize } from "../format/format-size.ts";
import type { PruneRequest } from "./request.ts";
import { usageError } from "./usage-error.ts";

/**
 * Removes from the store what has not been used for long.
 *
 * @returns what `strake prune` prints
 */
export async function pruneStore(store: Store, request: PruneRequest, signal: AbortSignal): Promise<string> {
  if (!request.force && !request.dryRun && !(await agreed(request, signal))) return "Nothing was removed.\n";
  // Files of layers can belong to users that only a user namespace has.
  await enterUserNamespace();
  const containers = () => new Containers(store.folder).list().map(({ manifest }) => manifest);
  const { unusedFor, keepBytes, caches, dryRun } = request;
  const pruned = prune(store, containers, {
    unusedFor,
    caches,
    dryRun,
    now: Date.now(),
    ...(keepBytes === undefined ? {} : { keepBytes }),
  });
  return printPruned(pruned, dryRun);
}

async function agreed({ caches }: PruneRequest, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) return isYes(await firstLine());
  const what = caches ? "build results and cache mounts" : "build results";
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = `WARNING! This will remove ${what} that have not been used for long.\nAre you sure? [y/N] `;
    return isYes(await lines.question(question, { signal }));
  } finally {
    lines.close();
  }
}

/** As docker has it, a script may give the answer: `echo y | strake prune`. */
async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  throw usageError("there is no terminal to ask whether to go on", "Say it with -f.");
}

function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim());
}

function printPruned(pruned: readonly Pruned[], dryRun: boolean): string {
  const large = pruned.filter(({ kind }) => kind !== "record");
  const lines = large.map((each) => `${each.kind.padEnd(9)} ${nameOf(each)}  ${formatSize(each.size)}`);
  const total = pruned.reduce((sum, { size }) => sum + size, 0);
  const summary = `Total ${dryRun ? "reclaimable" : "reclaimed"} space: ${formatSize(total)}`;
  return `${[...lines, ...(lines.length === 0 ? [] : [""]), summary].join("\n")}\n`;
}

/** What people know a thing by, where they know it: an image by its id, a blob by its digest. */
function nameOf({ kind, path }: Pruned): string {
  const [, ...name] = path.split("/");
  if (kind === "image") return decodeURIComponent(name.join("/")).replace(/^@|\.json$/g, "");
  return kind === "blob" ? name.join(":") : path;
}
