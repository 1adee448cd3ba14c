import type { Entry } from "../tree/entry.ts";
import { ByteInput } from "./byte-input.ts";
import { type ScannedMember, TarScanner } from "./tar-scanner.ts";

/**
 * Lists the entries of a tar without keeping its content, each file with the place of its bytes in the stored tar.
 *
 * A later member replaces an earlier one of the same path and stands at its own position. Hard links to a file that is
 * replaced become files of their own, as they would be on disk. The source is read to its end.
 *
 * @param storedAt the host path under which the uncompressed tar is kept; where absent, entries have no content
 * @throws OciError `invalid-tar` naming the member, `unsafe-path`, as `readTar`
 */
export async function indexTar(source: AsyncIterable<Uint8Array>, storedAt?: string): Promise<Entry[]> {
  const input = new ByteInput(source);
  const scanner = new TarScanner(input);
  const index = new EntryIndex();
  try {
    for (;;) {
      const member = await scanner.next();
      if (member === undefined) return index.entries();
      index.add(storedAt === undefined ? member.entry : withContent(member, storedAt));
    }
  } finally {
    await input.close();
  }
}

/** Adds the content in place: a copy of each entry would cost more than reading its header. */
function withContent({ entry, offset, segments }: ScannedMember, path: string): Entry {
  if (entry.type !== "file") return entry;
  entry.content = segments === undefined ? { from: "file", path, offset } : { from: "segments", path, segments };
  return entry;
}

/** Entries by path, in the order of their last appearance. */
class EntryIndex {
  #entries = new Map<string, Entry>();
  /** Paths of hard links by what they name. */
  #links = new Map<string, string[]>();

  add(entry: Entry): void {
    const replaced = this.#entries.get(entry.path);
    if (replaced !== undefined) {
      this.#entries.delete(entry.path);
      this.#detachLinks(replaced);
    }
    if (entry.type === "hardlink") this.#addLink(entry, entry.linkname as string);
    else this.#entries.set(entry.path, entry);
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  /** Keeps a link under the file it stands for, so that links to links need not be followed again. */
  #addLink(entry: Entry, named: string): void {
    const target = this.#entries.get(named);
    const linkname = target?.type === "hardlink" ? (target.linkname as string) : named;
    this.#entries.set(entry.path, linkname === named ? entry : { ...entry, linkname });
    const links = this.#links.get(linkname);
    if (links === undefined) this.#links.set(linkname, [entry.path]);
    else links.push(entry.path);
  }

  #detachLinks(replaced: Entry): void {
    for (const path of this.#links.get(replaced.path) ?? []) {
      const link = this.#entries.get(path);
      const isLink = link?.type === "hardlink" && link.linkname === replaced.path;
      if (isLink) this.#entries.set(path, { ...replaced, path });
    }
    this.#links.delete(replaced.path);
  }
}
