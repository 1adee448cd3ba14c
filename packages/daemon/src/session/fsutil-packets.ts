import type { EntryType } from "@strake/oci";

/** What one file of a folder is to the daemon; `mode` is the POSIX one, times are nanoseconds since 1970. */
export interface SentStat {
  readonly path: string;
  readonly type: EntryType;
  readonly mode: number;
  readonly size: number;
  readonly modTime: bigint;
  readonly linkname?: string;
}

/** Packets of fsutil's protocol, by their numbers in its `PacketType`. */
export const packetType = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;

/** The bits of Go's `os.FileMode` that a POSIX mode has elsewhere; fsutil sends these. */
const goBits: Readonly<Record<string, number>> = {
  directory: 0x8000_0000,
  symlink: 0x0800_0000,
  character: 0x0420_0000,
  block: 0x0400_0000,
  fifo: 0x0200_0000,
};

/**
 * Collects packets as framed messages in one buffer.
 *
 * Written by hand because a context has a packet for each of its files; `Packet` and `Stat` of fsutil's `wire.proto`.
 */
export class PacketBuffer {
  #buffer: Buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  /** How many bytes have been collected. */
  get length(): number {
    return this.#length;
  }

  /** Takes what has been collected. */
  take(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  addStat(stat: SentStat): void {
    const pathLength = Buffer.byteLength(stat.path);
    const linkLength = stat.linkname === undefined ? 0 : Buffer.byteLength(stat.linkname);
    this.#reserve(96 + pathLength + linkLength);
    this.#frame(() => {
      // The packet's type is 0, which is not written.
      this.#nested(0x12, () => {
        this.#text(0x0a, stat.path, pathLength);
        this.#field(0x10, goMode(stat));
        if (stat.size > 0) this.#field(0x28, stat.size);
        if (stat.modTime > 0n) this.#bigField(0x30, stat.modTime);
        if (stat.linkname !== undefined) this.#text(0x3a, stat.linkname, linkLength);
      });
    });
  }

  /** The packet that ends the list of files. */
  addEndOfStats(): void {
    this.#reserve(16);
    this.#frame(() => undefined);
  }

  /**
   * Adds content of a file, of which the end is said with `addEndOfContent`.
   *
   * @param limit the most bytes that are read, up to 2 MiB
   * @param read puts bytes into the buffer at a place, and tells how many; none leave the packets as they were
   * @returns what `read` did
   */
  addContent(id: number, limit: number, read: (buffer: Buffer, at: number) => number): number {
    this.#reserve(32 + limit);
    const start = this.#length;
    let count = 0;
    this.#frame(() => {
      this.#dataHead(id);
      this.#nested(0x22, () => {
        count = read(this.#buffer, this.#length);
        this.#length += count;
      });
    });
    // A packet without content would be the end.
    if (count === 0) this.#length = start;
    return count;
  }

  addEndOfContent(id: number): void {
    this.#reserve(32);
    this.#frame(() => this.#dataHead(id));
  }

  addRequest(id: number): void {
    this.#reserve(32);
    this.#frame(() => {
      this.#field(0x08, packetType.request);
      if (id > 0) this.#field(0x18, id);
    });
  }

  addEnd(): void {
    this.#reserve(16);
    this.#frame(() => this.#field(0x08, packetType.end));
  }

  #frame(write: () => void): void {
    const start = this.#length;
    this.#length += 5;
    write();
    this.#buffer[start] = 0;
    this.#buffer.writeUInt32BE(this.#length - start - 5, start + 1);
  }

  #dataHead(id: number): void {
    this.#field(0x08, packetType.data);
    if (id > 0) this.#field(0x18, id);
  }

  /** A field whose length stands before it and is known after it, so it gets three bytes. */
  #nested(tag: number, write: () => void): void {
    this.#buffer[this.#length++] = tag;
    const at = this.#length;
    this.#length += 3;
    write();
    const length = this.#length - at - 3;
    this.#buffer[at] = (length & 0x7f) | 0x80;
    this.#buffer[at + 1] = ((length >> 7) & 0x7f) | 0x80;
    this.#buffer[at + 2] = (length >> 14) & 0x7f;
  }

  #text(tag: number, text: string, length: number): void {
    this.#buffer[this.#length++] = tag;
    this.#varint(length);
    this.#length += this.#buffer.write(text, this.#length);
  }

  #field(tag: number, value: number): void {
    this.#buffer[this.#length++] = tag;
    this.#varint(value);
  }

  #bigField(tag: number, value: bigint): void {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      this.#field(tag, Number(value));
      return;
    }
    this.#buffer[this.#length++] = tag;
    // Big integers are slow, so the lower seven groups of bits are written as a number.
    let low = Number(value & 0x1_ffff_ffff_ffffn);
    for (let group = 0; group < 7; group++) {
      this.#buffer[this.#length++] = (low % 0x80) | 0x80;
      low = Math.floor(low / 0x80);
    }
    this.#varint(Number(value >> 49n));
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#buffer.length - this.#length >= bytes) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function goMode(stat: SentStat): number {
  const special =
    (stat.mode & 0o4000 ? 1 << 23 : 0) | (stat.mode & 0o2000 ? 1 << 22 : 0) | (stat.mode & 0o1000 ? 1 << 20 : 0);
  return (goBits[stat.type] ?? 0) + special + (stat.mode & 0o777);
}

/** The POSIX mode and type in a mode of Go's. */
export function fromGoMode(mode: number): { readonly type: EntryType | "other"; readonly mode: number } {
  const special = (mode & (1 << 23) ? 0o4000 : 0) | (mode & (1 << 22) ? 0o2000 : 0) | (mode & (1 << 20) ? 0o1000 : 0);
  const permissions = (mode & 0o777) | special;
  if ((mode & 0x8000_0000) !== 0) return { type: "directory", mode: permissions };
  if ((mode & 0x0800_0000) !== 0) return { type: "symlink", mode: permissions };
  return { type: (mode & 0x0620_0000) === 0 ? "file" : "other", mode: permissions };
}
