import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, expect, test } from "vitest";
import { type Packet, PacketSchema } from "../generated/github.com/tonistiigi/fsutil/types/wire_pb.ts";
import { decodeFrames } from "../grpc/frames.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { packetType, type SentStat } from "./fsutil-packets.ts";
import { sendFolder } from "./send-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "strake-send-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stat = (path: string, size: number): SentStat => ({ path, type: "file", mode: 0o644, size, modTime: 0n });

/** Sends to a receiver that answers packets with packets; returns all that was sent. */
async function sent(stats: Iterable<SentStat>, answer: (packet: Packet, all: readonly Packet[]) => object[]) {
  const all: Packet[] = [];
  const answers: Uint8Array[] = [];
  let wake = () => {};
  async function* messages() {
    for (;;) {
      const next = answers.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const sendFrames = async (frames: Uint8Array) => {
    async function* stream() {
      yield frames;
    }
    for await (const message of decodeFrames(stream())) {
      const packet = fromBinary(PacketSchema, message);
      all.push(packet);
      for (const each of answer(packet, all)) answers.push(toBinary(PacketSchema, create(PacketSchema, each)));
    }
    wake();
  };
  const call: ServedCall = {
    metadata: () => [],
    messages: messages(),
    send: () => Promise.reject(new Error("not framed")),
    sendFrames,
    signal: new AbortController().signal,
  };
  await sendFolder(call, folder, stats);
  return all;
}

const end = { type: packetType.end };
const isEndOfStats = ({ type, stat: listed }: Packet) => type === packetType.stat && listed === undefined;
const isEndOf = (id: number) => (packet: Packet) =>
  packet.type === packetType.data && packet.ID === id && packet.data.length === 0;

test("files are sent as they are, whatever their size was when they were listed", async () => {
  const contents = [Buffer.alloc(0), Buffer.from("grown"), Buffer.from("shrunk"), Buffer.alloc(700_000, "large")];
  const listed = contents.map((content, n) => {
    writeFileSync(join(folder, `file-${n}`), content);
    return stat(`file-${n}`, [0, 2, 100, 700_000][n] as number);
  });
  const all = await sent(listed, (packet, before) => {
    if (isEndOfStats(packet)) return contents.map((_, ID) => ({ type: packetType.request, ID }));
    return contents.every((_, id) => before.some(isEndOf(id))) && packet.type === packetType.data ? [end] : [];
  });
  const data = (id: number) => Buffer.concat(all.filter(({ type, ID }) => type === 2 && ID === id).map((p) => p.data));
  for (const [id, content] of contents.entries()) expect(data(id).equals(content), `file ${id}`).toBe(true);
  expect(all.at(-1)?.type).toBe(packetType.end);
});

test("content is sent before the list has ended, to a receiver that has enough of the list to do", async () => {
  writeFileSync(join(folder, "small"), "small");
  const count = 2000;
  const behind = 300;
  const request = (ID: number) => ({ type: packetType.request, ID });
  let listed = 0;
  const all = await sent(
    Array.from({ length: count }, () => stat("small", 5)),
    (packet) => {
      if (isEndOf(count - 1)(packet)) return [end];
      if (isEndOfStats(packet)) return Array.from({ length: behind }, (_, n) => request(count - behind + n));
      return packet.type === packetType.stat && ++listed > behind ? [request(listed - behind - 1)] : [];
    },
  );
  expect(all.findIndex(isEndOf(0))).toBeLessThan(all.findIndex(isEndOfStats));
  expect(all.filter(({ type, data }) => type === packetType.data && data.length === 0)).toHaveLength(count);
});

test("a receiver that needs nothing gets the list alone", async () => {
  const all = await sent([stat("small", 5)], (packet) => (isEndOfStats(packet) ? [end] : []));
  expect(all.map(({ type }) => type)).toEqual([packetType.stat, packetType.stat, packetType.end]);
});

test("what the receiver cannot take ends the sending", async () => {
  const error = { type: packetType.error, data: Buffer.from("no space") };
  await expect(sent([stat("small", 5)], () => [error])).rejects.toThrow("could not take the files: no space");
});
