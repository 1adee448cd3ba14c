/** What addresses, lengths and places in a file have to be multiples of for direct reads and writes, in bytes. */
export const pageSize = 4096;

/** The length of a page buffer, in bytes. */
export const pageBufferSize: number = 1024 * 1024;

/** Makes a buffer that begins at the border of a page, which of all buffers only resizable ones are sure to do. */
export function pageBuffer(): Buffer {
  return Buffer.from(new ArrayBuffer(pageBufferSize, { maxByteLength: pageBufferSize }));
}
