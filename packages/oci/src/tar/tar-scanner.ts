import { OciError } from "../oci-error.ts";
import type { Entry, Segment } from "../tree/entry.ts";
import { decodePath } from "../tree/path-bytes.ts";
import type { ByteInput } from "./byte-input.ts";
import { type ExtendedFields, gatherFields } from "./extended-fields.ts";
import { blockSize, decodeHeader, type Header, isZeroBlock, paddingOf } from "./header.ts";
import { type MutableEntry, memberEntry } from "./member-entry.ts";
import { decodePax } from "./pax.ts";
import { readContentRuns, readHeaderMap, type SparseMap, segmentsOf } from "./sparse-map.ts";

/** A member whose head has been read; its stored content comes next. */
export interface ScannedMember {
  /** The entry without content, for its reader alone. */
  readonly entry: MutableEntry;
  /** Where the stored content begins in the tar. */
  readonly offset: number;
  /** The runs of a sparse file by their place in the tar. */
  readonly segments?: readonly Segment[];
}

/** Long names and extended headers above this size, in bytes, are refused. */
const maximumExtension = 1024 * 1024;

/** The same for all global headers together, for every later member is read with them. */
const maximumGlobal = 64 * 1024;

/** Reads the heads of a tar's members one after the other, keeping only what the next one needs. */
export class TarScanner {
  /** How much of the current member's stored content has not been read. */
  left = 0;
  #input: ByteInput;
  #padding = 0;
  #global: ExtendedFields = {};
  #globalSize = 0;
  #path: string | undefined;

  constructor(input: ByteInput) {
    this.#input = input;
  }

  /**
   * Skips what is left of the current member and reads the head of the next.
   *
   * @returns undefined at the end of the tar, with the source read to its end
   * @throws OciError `invalid-tar`, `unsafe-path`
   */
  async next(): Promise<ScannedMember | undefined> {
    const rest = this.left + this.#padding;
    if (!this.#input.skipNow(rest) && (await this.#input.skip(rest)) > 0) throw this.truncated();
    this.left = 0;
    this.#padding = 0;

    let fields: ExtendedFields | undefined;
    const long: { path?: string; linkpath?: string } = {};
    for (;;) {
      const position = this.#input.position;
      const block = this.#input.takeNow(blockSize) ?? (await this.#input.take(blockSize));
      const isEnd = block.length === 0 || (block.length === blockSize && block[0] === 0 && isZeroBlock(block));
      if (isEnd && this.#isBoundary(fields, long)) return this.#end(block.length);
      if (isEnd || block.length < blockSize) throw this.truncated();

      const header = decodeHeader(block, position);
      const flag = header.typeflag;
      if (flag === "x" || flag === "X") fields = await this.#readFields(header, this.#global);
      else if (flag === "g") await this.#readGlobal(header);
      else if (flag === "L") long.path = textOf(await this.#readExtension(header));
      else if (flag === "K") long.linkpath = textOf(await this.#readExtension(header));
      // A volume's label is no member.
      else if (flag !== "V") return this.#member(block, header, { ...(fields ?? this.#global), ...long }, position);
    }
  }

  /** What to throw where the stream ends within the current member, or where the next should be. */
  truncated(): OciError {
    return new OciError("invalid-tar", `the tar is cut off ${this.#where}`);
  }

  get #where(): string {
    return this.#path === undefined ? "at its beginning" : `in or after "${this.#path}"`;
  }

  /** Tells whether the tar may end here, with no header waiting for its member. */
  #isBoundary(fields: ExtendedFields | undefined, long: { path?: string; linkpath?: string }): boolean {
    return fields === undefined && long.path === undefined && long.linkpath === undefined;
  }

  async #end(length: number): Promise<undefined> {
    if (length > 0) {
      const second = this.#input.takeNow(blockSize) ?? (await this.#input.take(blockSize));
      if (second.length > 0 && (second.length < blockSize || !isZeroBlock(second))) {
        throw new OciError("invalid-tar", `the tar has a single zero block ${this.#where}`);
      }
    }
    await this.#input.drain();
    return undefined;
  }

  async #readGlobal(header: Header): Promise<void> {
    this.#globalSize += header.size;
    if (this.#globalSize > maximumGlobal) {
      throw new OciError("invalid-tar", `the global headers of the tar have more than ${maximumGlobal} bytes`);
    }
    this.#global = await this.#readFields(header, this.#global);
  }

  async #readFields(header: Header, base: ExtendedFields): Promise<ExtendedFields> {
    const body = await this.#readExtension(header);
    return gatherFields(decodePax(body, this.#where), base, this.#where);
  }

  async #readExtension(header: Header): Promise<Buffer> {
    const size = header.size;
    if (size < 0 || size > maximumExtension) {
      throw new OciError("invalid-tar", `the tar has an extended header of ${size} bytes ${this.#where}`);
    }
    const length = size + paddingOf(size);
    const body = this.#input.takeNow(length) ?? (await this.#input.take(length));
    if (body.length < length) throw this.truncated();
    return body.subarray(0, size);
  }

  #member(
    block: Buffer,
    header: Header,
    fields: ExtendedFields,
    position: number,
  ): ScannedMember | Promise<ScannedMember> {
    const { entry, stored } = memberEntry(header, fields);
    this.#path = entry.path;
    this.left = stored;
    this.#padding = paddingOf(stored);
    const isSparse = header.typeflag === "S" || fields.sparse !== undefined;
    if (isSparse && entry.type === "file") return this.#sparseMember(block, header, fields, entry, position);
    return { entry, offset: this.#input.position };
  }

  async #sparseMember(
    block: Buffer,
    header: Header,
    fields: ExtendedFields,
    entry: Entry,
    position: number,
  ): Promise<ScannedMember> {
    const map = await this.#readMap(block, header, fields, position, entry.size);
    const offset = this.#input.position;
    const segments = segmentsOf(map, offset, this.left, this.#where);
    return { entry: { ...entry, size: map.size }, offset, segments };
  }

  async #readMap(
    block: Buffer,
    header: Header,
    fields: ExtendedFields,
    position: number,
    stored: number,
  ): Promise<SparseMap> {
    if (header.typeflag === "S") return readHeaderMap(block, () => this.#nextBlock(), position, this.#where);
    const { size = stored, inContent, runs } = fields.sparse ?? {};
    if (!inContent) return { size, runs: runs ?? [] };
    return { size, runs: await readContentRuns(() => this.#nextContentBlock(), this.#where) };
  }

  async #nextBlock(): Promise<Buffer> {
    const block = this.#input.takeNow(blockSize) ?? (await this.#input.take(blockSize));
    if (block.length < blockSize) throw this.truncated();
    return block;
  }

  /** The next block of the stored content, whose map counts as stored. */
  #nextContentBlock(): Promise<Buffer> {
    if (this.left < blockSize) throw this.truncated();
    this.left -= blockSize;
    return this.#nextBlock();
  }
}

/** Reads the content of GNU's long name headers, which ends with a NUL. */
function textOf(body: Buffer): string {
  const end = body.indexOf(0);
  return decodePath(end === -1 ? body : body.subarray(0, end));
}
