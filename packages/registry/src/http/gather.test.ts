import { randomBytes } from "node:crypto";
import { chunkSize } from "@strake/oci";
import { expect, it } from "vitest";
import { gathered } from "./gather.ts";

/** Pieces that come at once, and then what `end` says. */
function pieces(list: readonly Uint8Array[], end: () => Promise<IteratorResult<Uint8Array>>) {
  const left = [...list];
  return async (): Promise<IteratorResult<Uint8Array>> => {
    const value = left.shift();
    return value === undefined ? end() : { done: false, value };
  };
}

const ended = async () => ({ done: true, value: undefined }) as const;
const never = () => new Promise<never>(() => {});
const many = Array.from({ length: 40 }, (_, at) => randomBytes(64 * 1024 - at));

it("joins pieces into whole chunks, the last may be shorter", async () => {
  const chunks: Buffer[] = [];
  for await (const chunk of gathered(pieces([...many, randomBytes(3 * chunkSize)], ended))) {
    chunks.push(Buffer.from(chunk));
  }
  const lengths = chunks.map(({ length }) => length);
  expect(lengths.slice(0, -1)).toEqual([chunkSize, chunkSize, chunkSize, chunkSize, chunkSize]);
  expect(
    Buffer.concat(chunks)
      .subarray(0, 64 * 1024)
      .equals(many[0] as Buffer),
  ).toBe(true);
  expect(
    Buffer.concat(chunks)
      .subarray(0, -3 * chunkSize)
      .equals(Buffer.concat(many)),
  ).toBe(true);
});

it("hands out what has come where nothing follows for a while, and goes on with what does", async () => {
  let send: (piece: Uint8Array) => void = () => {};
  const later = new Promise<IteratorResult<Uint8Array>>((resolve) => {
    send = (value) => resolve({ done: false, value });
  });
  const ends = [later];
  const chunks = gathered(pieces([Buffer.from("first")], () => ends.shift() ?? ended()));
  expect(Buffer.from((await chunks.next()).value ?? []).toString()).toBe("first");
  send(Buffer.from("second"));
  expect(Buffer.from((await chunks.next()).value ?? []).toString()).toBe("second");
  expect((await chunks.next()).done).toBe(true);
});

it("hands out what came before an error, and then the error", async () => {
  const chunks = gathered(pieces([Buffer.from("first")], () => Promise.reject(new Error("cut"))));
  expect(Buffer.from((await chunks.next()).value ?? []).toString()).toBe("first");
  await expect(chunks.next()).rejects.toThrow("cut");
});

it("lets a reader leave that does not want what is still to come", async () => {
  for await (const _ of gathered(pieces([Buffer.from("first")], never))) break;
});
