import { randomBytes } from "node:crypto";
import { type Image, linuxAmd64, parseReference, sha256 } from "@strake/oci";
import { parseRegistrySettings, Registry } from "@strake/registry";
import { sampleImage, startRegistryServer } from "@strake/registry/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CutLine, cutLine } from "../support/cut-line.ts";
import { need } from "../support/need.ts";
import { registry } from "../support/registry.ts";

const points = 100;
const close: (() => unknown)[] = [];

afterAll(async () => {
  for (const one of close.splice(0).reverse()) await one();
});

describe("a line to our own registry server", () => {
  provesLines(async () => {
    const server = await startRegistryServer();
    close.push(() => server.close());
    return server.address;
  });
});

need("docker-registry")("a line to Debian's docker-registry", () => {
  provesLines(async () => (await registry("cut")).address);
});

function provesLines(start: () => Promise<string>): void {
  let address: string;
  let line: CutLine;

  beforeAll(async () => {
    address = await start();
    line = await cutLine(Number(address.split(":")[1]));
    close.push(() => line.close());
  });

  it(`may break at each of ${points} points of a push: the image is there, whole, at the latest the second time`, async () => {
    const before = line.moved();
    await pushed(line, "push/whole", freshImage());
    const length = line.moved() - before;
    let repeated = 0;
    for (let point = 0; point < points; point++) {
      const image = freshImage();
      const name = `push/cut-${point}`;
      const cuts = line.cuts();
      line.cutAfter(1 + Math.floor((length * point) / points));
      // Whatever became of the first push, nothing half may be there under the name.
      const digest = await pushed(line, name, image).catch(async (error: unknown) => {
        expect(String(error)).toContain(line.address);
        repeated += 1;
        return await pushed(line, name, image);
      });
      expect(line.cuts(), `cut ${point}`).toBe(cuts + 1);
      expect(digest).toBe(sha256(await image.rawManifest()));
      expect(await pulled(address, name), `cut ${point}`).toEqual(await contents(image));
    }
    // A line that breaks once is taken up again by the push itself, unless a busy registry gives up first.
    expect(repeated).toBeLessThan(points / 10);
  });

  it(`may break at each of ${points} points of a pull, which goes on and verifies`, async () => {
    const image = freshImage();
    await pushed(line, "pull/app", image);
    const expected = await contents(image);
    const before = line.moved();
    await pulled(line.address, "pull/app");
    const length = line.moved() - before;
    for (let point = 0; point < points; point++) {
      const cuts = line.cuts();
      line.cutAfter(1 + Math.floor((length * point) / points));
      expect(await pulled(line.address, "pull/app"), `cut ${point}`).toEqual(expected);
      expect(line.cuts(), `cut ${point}`).toBe(cuts + 1);
    }
  });
}

/** An image that no registry has yet. */
function freshImage(): Image {
  return sampleImage([randomBytes(90_000), randomBytes(7_000)]);
}

/** A client with nothing kept from before, that knows that the address speaks http, so that every byte counts. */
async function visit<T>(address: string, use: (client: Registry) => Promise<T>): Promise<T> {
  const settings = parseRegistrySettings(`${address}:\n  insecure: true\n`, "registries.yaml");
  const client = new Registry({ settings, retry: { delay: 10, tries: 8 } });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

function pushed({ address }: CutLine, name: string, image: Image): Promise<string> {
  return visit(address, async (client) => {
    const reference = parseReference(`${address}/${name}:1`);
    return (await client.client(address).pusher().push([image], reference)).digest;
  });
}

function pulled(address: string, name: string): Promise<readonly string[]> {
  return visit(address, async (client) =>
    contents(await client.get(parseReference(`${address}/${name}:1`), linuxAmd64)),
  );
}

/** What an image is made of, computed from its bytes. */
async function contents(image: Image): Promise<readonly string[]> {
  const layers = await image.layers();
  const bytes = await Promise.all(layers.map(async (layer) => sha256(await collected(layer.compressed()))));
  return [sha256(await image.rawManifest()), sha256(await image.rawConfig()), ...bytes];
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
