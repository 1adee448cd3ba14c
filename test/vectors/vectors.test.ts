import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plan, planDigest } from "@strake/core";
import { compress, type Digest, sha256 } from "@strake/oci";
import { describe, expect, it } from "vitest";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// The vectors are the contract "strake.v1": a change of any of them is a breaking change.
// STRAKE_WRITE_VECTORS=1 writes them anew.

const folder = import.meta.dirname;
const cwd = join(folder, "project");
const writing = process.env.STRAKE_WRITE_VECTORS === "1";
const planned = await planProject();

/** What `plan --json --digests` says of an image. */
interface PlannedImage {
  readonly target: string;
  readonly steps: readonly { readonly step: string; readonly key: Digest }[];
  readonly layers?: readonly { readonly diffId: Digest; readonly digest: Digest; readonly size: number }[];
  readonly id?: Digest;
  readonly digest?: Digest;
}

describe("what is the same everywhere", () => {
  it.each(planned.images.map(({ target }) => target))(
    "%s: its plan, operations, content keys, diff ids and id",
    (target) => {
      const image = planned.images.find((each) => each.target === target) as PlannedImage;
      const plan = planned.plans[target] as Plan;
      expectVector(`everywhere/${target}.json`, {
        version: plan.version,
        plan: planDigest(plan),
        operations: Object.entries(plan.operations).map(([id, { op }]) => `${op} ${id}`),
        contentKeys: image.steps.map(({ step, key }) => `${key} ${step}`),
        diffIds: image.layers?.map(({ diffId }) => diffId) ?? "known after a command",
        id: image.id ?? "known after a command",
      });
    },
  );

  it("has a vector for every image of the project", () => {
    const kept = readdirSync(join(folder, "everywhere")).map((name) => name.replace(".json", ""));
    expect(kept.sort()).toEqual(planned.images.map(({ target }) => target).sort());
  });
});

describe("what hangs on the zlib that Node.js brings", () => {
  it("compressed layers and manifests", () => {
    const images = planned.images.filter(({ digest }) => digest !== undefined);
    expectVector("gzip/images.json", {
      ...Object.fromEntries(
        images.map(({ target, layers = [], digest }) => [
          target,
          { manifest: digest, layers: layers.map((layer) => `${layer.digest} ${layer.size}`) },
        ]),
      ),
    });
  });

  it.each([1, 5, 6, 9])("gzip of level %i over more than one block", async (level) => {
    const text = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => 97 + ((Math.imul(at, at) >>> 9) % 26)));
    const bytes = await packed(text, level);
    expectVector(`gzip/level-${level}.json`, { digest: sha256(bytes), size: bytes.length });
  });

  it("gzip of what cannot be packed, beside what can", async () => {
    const text = Buffer.from("what can be packed, ".repeat(100_000));
    const hashes = Buffer.concat(
      Array.from({ length: 40_000 }, (_, at) => createHash("sha256").update(`${at}`).digest()),
    );
    const bytes = await packed(Buffer.concat([hashes, text, hashes]));
    expectVector("gzip/noise.json", { digest: sha256(bytes), size: bytes.length });
  });
});

async function packed(content: Uint8Array, level?: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of compress(inChunks(content), "gzip", level)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1 << 16) yield bytes.subarray(at, at + (1 << 16));
}

async function planProject() {
  const home = temporaryFolder();
  const platform = ["--platform", "linux/amd64"];
  const out = temporaryFolder();
  const [json, print] = await Promise.all([
    runStrake(["plan", "--json", "--digests", ...platform], { cwd, home }),
    runStrake(["print", "--to", "plan", "--dest", out, ...platform], { cwd, home }),
  ]);
  if (json.status + print.status !== 0) throw new Error(json.stderr + print.stderr);
  const images = JSON.parse(json.stdout) as readonly PlannedImage[];
  const plans = images.map(({ target }) => [
    target,
    JSON.parse(readFileSync(join(out, `${target}.plan.json`), "utf8")),
  ]);
  return { images, plans: Object.fromEntries(plans) as Record<string, Plan> };
}

function expectVector(name: string, found: object): void {
  const file = join(folder, name);
  if (writing) {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  }
  expect(found).toEqual(JSON.parse(readFileSync(file, "utf8")));
}
