import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { BuildEvent, BuildOptions, Plan } from "@strake/core";
import { BuildkitBuilder, BuildkitClient, compilePlan } from "@strake/daemon";
import { imageDigest, MemoryBlobStore, openImageFile, parsePlatform, verifyImage } from "@strake/oci";
import { afterAll, beforeAll, expect, it } from "vitest";
import { baseImage, serveBases } from "../../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { need } from "../../support/need.ts";
import { runOrThrow } from "../../support/run-program.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import type { Scenario } from "../scenarios.ts";
import { planOf, prepareScenario } from "./prepare-scenario.ts";

need(...buildkitNeeds)("what commands and sources come to through LLB", () => {
  let env: Record<string, string>;
  let client: BuildkitClient;
  let address: string;

  beforeAll(async () => {
    const bases = await serveBases("busybox");
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    env = { STRAKE_REGISTRIES: settings };
    address = (await buildkitDaemon()).address;
    client = await BuildkitClient.connect(address);
  });

  afterAll(() => client?.close());

  async function plan(definition: string, more: Partial<Scenario> = {}) {
    const folder = prepareScenario({ name: "", definition: `image()${definition}`, ...more });
    return { folder, ...(await planOf(folder, { env })) };
  }

  /** Builds, and returns the folder that the files of the image were written to. */
  async function build(
    planned: { readonly plan: Plan; readonly locals: ReadonlyMap<string, string> },
    options: Partial<BuildOptions> = {},
    builder: Partial<ConstructorParameters<typeof BuildkitBuilder>[0]> = {},
  ): Promise<string> {
    const path = temporaryFolder();
    const made = new BuildkitBuilder({ client, blobs: new MemoryBlobStore(), ...builder });
    const outputs = [{ type: "local", target: { type: "folder", path } }] as const;
    await made.export(planned.plan, { locals: planned.locals, steps: [], ...options }, outputs);
    return path;
  }

  const read = (folder: string, path: string) => readFileSync(join(folder, path), "utf8");

  it("runs a command with its variables, user and folder", async () => {
    const out = await build(
      await plan(
        `.from("busybox").env({ A: "x y" }).workdir("/w").user("1:2").run("echo $A $(id -u):$(id -g) $PWD > /tmp/o")`,
      ),
    );
    expect(read(out, "tmp/o")).toBe("x y 1:2 /w\n");
  });

  it("mounts what a command asks for, and leaves none of it in the image", async () => {
    const planned = await plan(
      `.from("busybox").run("cat /b/one > /o; cat /run/secrets/s >> /o; echo -n $T >> /o; touch /t/x; echo c > /root/c/f; ls -ld /d/c | cut -c1-10 >> /o",
        { mounts: [bind("/b", { source: "dir" }), secret("s"), secret("t", { env: "T" }), tmpfs("/t"), cache("/root/c"), cache("/d/c", { mode: 0o700, uid: 3 })] })`,
      { files: { "dir/one": "1\\n" } },
    );
    const secrets = new Map([
      ["s", Buffer.from("hidden\n")],
      ["t", Buffer.from("told")],
    ]);
    const out = await build(planned, { secrets });
    expect(read(out, "o")).toBe("1\\nhidden\ntolddrwx------\n");
    expect(existsSync(join(out, "root/c/f")) || existsSync(join(out, "b/one")) || existsSync(join(out, "t/x"))).toBe(
      false,
    );
  });

  it("hands a script to its interpreter", async () => {
    const out = await build(await plan(`.from("busybox").run(script("echo $0 > /o", { interpreter: "/bin/sh -eu" }))`));
    expect(read(out, "o")).toBe("/dev/pipes/EOF\n");
  });

  it("unpacks a root file system, and lays images over one another", async () => {
    const folder = temporaryFolder();
    await runOrThrow("tar", ["--mode=0640", "-cf", join(folder, "root.tar"), "-C", "/etc", "hostname"]);
    const planned = await plan(`.from(base).merge(image().from("scratch").write("/two", "2"))`, {
      before: `const base = image().from(rootfs("root.tar")).write("/one", "1");`,
      files: { "root.tar": readFileSync(join(folder, "root.tar")) },
    });
    const out = await build(planned);
    expect([read(out, "one"), read(out, "two"), lstatSync(join(out, "hostname")).mode & 0o777]).toEqual([
      "1",
      "2",
      0o640,
    ]);
  });

  it("makes a layer of what one image has more than another", async () => {
    const before = `const a = image().from("busybox").write("/gone", "x"); const b = image().from(a).write("/more", "y");`;
    const out = await build(await plan(`.from(diff(a, b))`, { before }));
    expect([read(out, "more"), existsSync(join(out, "gone")), existsSync(join(out, "bin"))]).toEqual([
      "y",
      false,
      false,
    ]);
  });

  it("downloads files, with their checksums", async () => {
    const server = createServer((_request, response) => response.end("from afar"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const out = await build(await plan(`.from("scratch").add("http://127.0.0.1:${port}/a/file", "/f/")`));
    server.close();
    expect(read(out, "f/file")).toBe("from afar");
  });

  it("sends images that only this machine has", async () => {
    const { layout } = await baseImage("busybox");
    const folder = temporaryFolder();
    await runOrThrow("cp", ["-r", layout, join(folder, "base")]);
    const definition = `.from(ociLayout(${JSON.stringify(join(folder, "base"))})).run("echo ran > /o")`;
    const prepared = prepareScenario({ name: "", definition: `image()${definition}` });
    const planned = await planOf(prepared, { env });
    const openImage: NonNullable<ConstructorParameters<typeof BuildkitBuilder>[0]["openImage"]> = async (
      _source,
      path,
    ) => {
      const file = await openImageFile(path as string);
      const [image] = file.images;
      if (image === undefined) throw new Error("the layout is empty");
      return image.image(parsePlatform("linux/amd64"));
    };
    const out = await build(planned, {}, { openImage });
    expect(read(out, "o")).toBe("ran\n");
  });

  it("gives back an image whose blobs are checked, and takes only those that are missing", async () => {
    const planned = await plan(`.from("busybox").run("echo 1 > /one").env({ A: "b" }).cmd(["x"])`);
    const blobs = new MemoryBlobStore();
    const builder = new BuildkitBuilder({ client, blobs });
    const image = await builder.build(planned.plan, { locals: planned.locals, steps: [] });
    expect(await verifyImage(image)).toEqual([]);
    const { config, history } = await image.config();
    expect([config?.Cmd, config?.Env?.at(-1), history?.length]).toEqual([
      ["x"],
      "A=b",
      planned.plan.image.history.length,
    ]);
    const again = await builder.build(planned.plan, { locals: planned.locals, steps: [] });
    expect(await imageDigest(again)).toBe(await imageDigest(image));
  });

  it("tells what happens, step by step, and of a second build that it is cached", async () => {
    const planned = await plan(`.from("busybox").run("echo ${Date.now()} && echo said")`);
    const [step = ""] = Object.entries(planned.plan.operations).flatMap(([id, { op }]) => (op === "run" ? [id] : []));
    const site = { file: "/build.ts", line: 2, column: 3 };
    const steps = [{ id: step as never, title: "RUN echo", site, image: "target" }];
    const events: BuildEvent[] = [];
    await build(planned, { steps, progress: (event) => events.push(event) });
    const types = events.flatMap((event) => ("step" in event && event.step === step ? [event.type] : []));
    expect(types[0]).toBe("started");
    expect(types.at(-1)).toBe("finished");
    const output = events.map((event) => (event.type === "output" ? event.text : "")).join("");
    expect(output).toContain("said\n");
    const later: BuildEvent[] = [];
    await build(planned, { steps, progress: (event) => later.push(event) });
    expect(later.find((event) => event.type === "finished")).toMatchObject({ cached: true });
  });

  it("compiles to LLB that buildctl takes", async () => {
    const { plan: made, folder } = await plan(`.from("busybox").copy("a.txt", "/x/").run("cat /x/a.txt > /o")`, {
      files: { "a.txt": "a\n" },
    });
    const path = temporaryFolder();
    const args = ["--addr", address, "build", "--local", `.=${folder}`, "--output", `type=local,dest=${path}`];
    await runOrThrow("buildctl", args, { input: compilePlan(made).bytes });
    expect(read(path, "o")).toBe("a\n");
  });
});
