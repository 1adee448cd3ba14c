import { closeSync, readSync } from "node:fs";
import { OciError } from "../oci-error.ts";
import type { Content, Entry, Segment } from "./entry.ts";
import { changedWhileRead, openSource } from "./source-file.ts";

/** Reads the content of one file entry from its beginning, synchronously, into buffers of the caller. */
export interface ContentReader {
  /**
   * Fills the target from `start` up to `end`, or less.
   *
   * One byte after what is reported may be overwritten too, never beyond `end`.
   *
   * @returns the number of bytes read, at least 1 until the entry's size is reached
   * @throws OciError `size-mismatch` where the source is shorter or longer than the entry says
   */
  read(target: Uint8Array, start: number, end: number): number;
  close(): void;
}

/**
 * Opens the content of a file entry.
 *
 * @throws OciError `not-found` where the entry has no content or its source is gone
 */
export function openContent(entry: Entry): ContentReader {
  const content = entry.content;
  if (content === undefined) {
    if (entry.size === 0) return new BytesReader(new Uint8Array());
    throw new OciError("not-found", `the content of "${entry.path}" is not known here`);
  }
  switch (content.from) {
    case "bytes":
      if (content.bytes.length !== entry.size)
        throw changedWhileRead(`"${entry.path}"`, entry.size, content.bytes.length);
      return new BytesReader(content.bytes);
    case "file":
      return new FileReader(content, entry.size);
    case "segments":
      return new SegmentsReader(content, entry);
  }
}

class BytesReader implements ContentReader {
  #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(target: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, this.#bytes.length - this.#at);
    const whole = this.#at === 0 && length === this.#bytes.length;
    target.set(whole ? this.#bytes : this.#bytes.subarray(this.#at, this.#at + length), start);
    this.#at += length;
    return length;
  }

  close(): void {}
}

class FileReader implements ContentReader {
  #descriptor: number;
  #path: string;
  #offset: number;
  #size: number;
  #at = 0;

  constructor(content: Extract<Content, { from: "file" }>, size: number) {
    this.#path = content.path;
    this.#offset = content.offset;
    this.#size = size;
    this.#descriptor = openSource(content.path);
    if (size === 0) this.#expectEmpty();
  }

  read(target: Uint8Array, start: number, end: number): number {
    const left = this.#size - this.#at;
    // Asking a source file for one byte more than it should have shows growth without a further call.
    const asked = Math.min(end - start, this.#isWholeFile ? left + 1 : left);
    const found = readSync(this.#descriptor, target, start, asked, this.#offset + this.#at);
    if (found > left) throw changedWhileRead(`"${this.#path}"`, this.#size, "more");
    if (found === 0 && left > 0) throw changedWhileRead(`"${this.#path}"`, this.#size, this.#at);
    this.#at += found;
    if (this.#isWholeFile && found === left && asked === left) this.#expectEnd();
    return found;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** A part of a stored layer never begins at 0, where its first header is. */
  get #isWholeFile(): boolean {
    return this.#offset === 0;
  }

  #expectEmpty(): void {
    try {
      if (this.#isWholeFile) this.#expectEnd();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #expectEnd(): void {
    if (readSync(this.#descriptor, new Uint8Array(1), 0, 1, this.#at) > 0) {
      throw changedWhileRead(`"${this.#path}"`, this.#size, "more");
    }
  }
}

class SegmentsReader implements ContentReader {
  #content: Extract<Content, { from: "segments" }>;
  #size: number;
  #descriptor: number | undefined;
  #next = 0;
  #at = 0;

  constructor(content: Extract<Content, { from: "segments" }>, entry: Entry) {
    checkSegments(content.segments, entry);
    this.#content = content;
    this.#size = entry.size;
    if (content.segments.length > 0) this.#descriptor = openSource(content.path);
  }

  read(target: Uint8Array, start: number, end: number): number {
    let segment = this.#content.segments[this.#next];
    while (segment !== undefined && this.#at >= segment.at + segment.length) {
      segment = this.#content.segments[++this.#next];
    }
    const hole = (segment?.at ?? this.#size) - this.#at;
    const length = Math.min(end - start, hole > 0 ? hole : this.#stored(segment as Segment));
    if (hole > 0 || segment === undefined) target.fill(0, start, start + length);
    else this.#readStored(target, start, length, segment);
    this.#at += length;
    return length;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #stored(segment: Segment | undefined): number {
    return segment === undefined ? 0 : segment.at + segment.length - this.#at;
  }

  #readStored(target: Uint8Array, start: number, length: number, segment: Segment): void {
    const position = segment.offset + this.#at - segment.at;
    let done = 0;
    while (done < length) {
      const found = readSync(this.#descriptor as number, target, start + done, length - done, position + done);
      if (found === 0)
        throw changedWhileRead(`"${this.#content.path}"`, segment.offset + segment.length, position + done);
      done += found;
    }
  }
}

function checkSegments(segments: readonly Segment[], entry: Entry): void {
  let end = 0;
  for (const { at, length } of segments) {
    if (at < end || length < 0) {
      throw new OciError("invalid-document", `the segments of "${entry.path}" overlap or are out of order`);
    }
    end = at + length;
  }
  if (end > entry.size) throw changedWhileRead(`"${entry.path}"`, entry.size, end);
}
