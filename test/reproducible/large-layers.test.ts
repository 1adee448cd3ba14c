import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Layer, openImageFile, verifyImage } from "@strake/oci";
import { expect, it } from "vitest";
import { imports, project } from "../support/project.ts";
import { runOrThrow, runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const mebibyte = 1024 * 1024;

/** So much that threads read and hash it, and that it is written past the page cache where that is faster. */
function makeInput(folder: string): void {
  for (let at = 0; at < 2500; at++) {
    const inside = join(folder, `d${at % 40}`);
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `f${at}`), `${at}\n`.repeat(at % 900));
  }
  const piece = randomBytes(mebibyte);
  for (let at = 0; at < 3; at++)
    writeFileSync(join(folder, `large-${at}`), Buffer.concat([...Array(15 + at)].fill(piece)));
}

it("a large layer has the same bytes whoever reads it, and what tar finds in it is what went in", async () => {
  const cwd = project({ "build.ts": `${imports}\nexport default image().from("scratch").copy("input/", "/");\n` });
  makeInput(join(cwd, "input"));
  const home = temporaryFolder();
  const build = (output: string) => runStrake(["build", "-q", "-o", output], { cwd, home });
  for (const output of ["type=docker,dest=cold.tar", "type=docker,dest=copied.tar", "type=oci,dest=packed.tar"]) {
    expect(await build(output)).toMatchObject({ status: 0 });
  }
  expect(readFileSync(join(cwd, "copied.tar")).equals(readFileSync(join(cwd, "cold.tar")))).toBe(true);

  const layers = await Promise.all(["cold.tar", "packed.tar"].map((name) => onlyLayer(join(cwd, name))));
  const tars = await Promise.all(layers.map(read));
  expect(tars[0]?.equals(tars[1] as Buffer)).toBe(true);

  writeFileSync(join(cwd, "layer.tar"), tars[0] as Buffer);
  mkdirSync(join(cwd, "unpacked"));
  await runOrThrow("tar", ["-xf", join(cwd, "layer.tar"), "-C", join(cwd, "unpacked")]);
  expect(await runProgram("diff", ["-r", join(cwd, "input"), join(cwd, "unpacked")])).toMatchObject({ stdout: "" });
  const diffId = `sha256:${createHash("sha256")
    .update(tars[0] as Buffer)
    .digest("hex")}`;
  expect(await Promise.all(layers.map((layer) => layer.diffId()))).toEqual([diffId, diffId]);
});

async function onlyLayer(path: string): Promise<Layer> {
  const file = await openImageFile(path);
  const image = await file.images[0]!.image();
  expect(await verifyImage(image)).toEqual([]);
  const [layer] = await image.layers();
  return layer as Layer;
}

async function read(layer: Layer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of layer.uncompressed()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
