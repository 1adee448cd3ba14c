import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketSchema } from "../generated/github.com/tonistiigi/fsutil/types/wire_pb.ts";
import { decodeFrames } from "../grpc/frames.ts";
import { fromGoMode, PacketBuffer, packetType, type SentStat } from "./fsutil-packets.ts";

async function packets(buffer: PacketBuffer) {
  const bytes = buffer.take();
  async function* stream() {
    yield bytes;
  }
  const found = [];
  for await (const message of decodeFrames(stream())) found.push(fromBinary(PacketSchema, message));
  return found;
}

const stat = fc.record({
  path: fc.string({ unit: "binary", minLength: 1, maxLength: 300 }).filter((text) => text.isWellFormed()),
  type: fc.constantFrom("file", "directory", "symlink"),
  mode: fc.nat(0o7777),
  size: fc.nat(),
  modTime: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  linkname: fc.string(),
}) as fc.Arbitrary<SentStat>;

test("what is written by hand is what the definitions of the protocol read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stat), async (stats) => {
      const buffer = new PacketBuffer();
      for (const one of stats) buffer.addStat(one);
      buffer.addEndOfStats();
      const found = await packets(buffer);
      expect(found).toHaveLength(stats.length + 1);
      expect(found.at(-1)?.stat).toBeUndefined();
      stats.forEach(({ type, mode, ...rest }, at) => {
        const read = found[at]?.stat;
        expect(read).toMatchObject({ ...rest, size: BigInt(rest.size) });
        expect(fromGoMode(read?.mode ?? 0)).toEqual({ type, mode });
      });
    }),
  );
});

test("content and requests carry the number of their file", async () => {
  const buffer = new PacketBuffer();
  const content = (text: string) => (into: Buffer, at: number) => into.write(text, at);
  expect(buffer.addContent(0, 9, content("x"))).toBe(1);
  expect(buffer.addContent(0, 9, content(""))).toBe(0);
  expect(buffer.addContent(1, 200_000, content("y".repeat(200_000)))).toBe(200_000);
  buffer.addEndOfContent(300);
  buffer.addRequest(7);
  buffer.addEnd();
  expect((await packets(buffer)).map(({ type, ID, data }) => [type, ID, data.length])).toEqual([
    [packetType.data, 0, 1],
    [packetType.data, 1, 200_000],
    [packetType.data, 300, 0],
    [packetType.request, 7, 0],
    [packetType.end, 0, 0],
  ]);
});
