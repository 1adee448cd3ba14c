import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRegistryServer } from "@strake/registry/server";
import { expect, it } from "vitest";
import { need } from "../support/need.ts";
import { registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ordinaryUser, userNeeds } from "./ordinary-user.ts";
import { runNeeds, runProject } from "./run-project.ts";

/** What commands make here is never the same twice, and has all that a layer can have. */
const statements = `const tools = base.run("mkdir -p /opt/t && cat /proc/sys/kernel/random/uuid > /opt/t/x && chmod 700 /opt/t");
export const app = base
  .run("cat /proc/sys/kernel/random/uuid > /id; rm -rf /tmp /etc/group; mkdir /tmp; ln -s id /link; chown 5:6 /id; echo n > /etc/new")
  .copy("/opt/t", "/t", { from: tools })
  .run("cat /proc/sys/kernel/random/uuid > /next");`;

need(...runNeeds, ...userNeeds)("a cache that machines share", () => {
  const machine = () => {
    const home = temporaryFolder();
    return async (cwd: string, ...args: string[]) => {
      const built = await runStrake(["build", "--progress", "plain", ...args], { cwd, home });
      expect(built.status, built.stderr).toBe(0);
      return { ...built, id: built.stdout.trim() };
    };
  };

  it.each(["local", "registry"])("has in type=%s what commands made, so that nobody else runs them", async (type) => {
    const cwd = await runProject(statements);
    const address = type === "registry" ? (await registry()).address : "";
    const place = type === "registry" ? `ref=${address}/cache-${process.pid}:{image}` : "dest=cache,src=cache";
    const first = await machine()(cwd, "--cache-to", `type=${type},${place},mode=max`);
    expect(first.stderr).toContain("exporting cache to");
    const second = await machine()(cwd, "--cache-from", `type=${type},${place}`);
    expect(second.id).toBe(first.id);
    expect(second.stderr.match(/^#\d+ CACHED$/gm)).toHaveLength(3);
  });

  it("has for an ordinary user what root's commands made", async () => {
    const cwd = await runProject(statements);
    const first = await machine()(cwd, "--cache-to", "type=local,dest=cache,mode=max");
    const user = ordinaryUser();
    try {
      user.own(cwd);
      const args = ["build", "--progress", "plain", "--cache-from", "type=local,src=cache"];
      const second = await user.strake(args, { cwd });
      expect(second.status, second.stderr).toBe(0);
      expect(second.stdout.trim()).toBe(first.id);
      expect(second.stderr.match(/^#\d+ CACHED$/gm)).toHaveLength(3);
    } finally {
      user.remove();
    }
  });

  it("has only what the image stands on where no more is asked for", async () => {
    const cwd = await runProject(statements);
    const first = await machine()(cwd, "--cache-to", "type=local,dest=cache");
    const second = await machine()(cwd, "--cache-from", "type=local,src=cache");
    // The tools were made again, and are others; so is all that stands on them.
    expect(second.id).not.toBe(first.id);
    expect(second.stderr.match(/^#\d+ CACHED$/gm)).toHaveLength(1);
  });

  it("that is not there, is damaged, or is of a type that the engine has not, keeps nobody from building", async () => {
    const cwd = await runProject(statements);
    const build = machine();
    const none = await build(cwd, "--cache-from", "type=local,src=cache", "--cache-to", "type=local,dest=cache");
    expect(none.stderr).toMatch(/ERROR: cache is not an OCI image layout/);
    const blobs = join(cwd, "cache/blobs/sha256");
    for (const name of readdirSync(blobs)) {
      const bytes = readFileSync(join(blobs, name));
      if (bytes[0] !== 0x1f) continue;
      bytes[bytes.length - 20] = (bytes.at(-20) as number) ^ 1;
      writeFileSync(join(blobs, name), bytes);
    }
    const damaged = await machine()(cwd, "--cache-from", "type=local,src=cache");
    expect(damaged.stderr).toContain("WARNING: a layer of the cache cannot be used: ");
    expect(damaged.id).not.toBe(none.id);
    const other = await machine()(cwd, "--cache-from", "type=gha", "--cache-to", "type=inline");
    expect(other.stderr).toContain("--cache-from type=gha has no effect on the engine");
    expect(other.stderr).toContain("--cache-to type=inline has no effect on the engine");
  });

  it("is sent only what it has not, and has what was made last", async () => {
    const server = await startRegistryServer();
    try {
      const cwd = await runProject(statements);
      const build = machine();
      const to = ["--cache-to", `type=registry,ref=${server.address}/cache:1,mode=max`];
      await build(cwd, ...to);
      const sent = () =>
        server.requests.filter(({ method, on }) => method !== "GET" && method !== "HEAD" && on !== undefined);
      const before = sent().length;
      await build(cwd, ...to);
      expect(sent().slice(before)).toEqual([]);
      const anew = await build(cwd, "--no-cache", ...to);
      expect((await machine()(cwd, "--cache-from", `${server.address}/cache:1`)).id).toBe(anew.id);
    } finally {
      await server.close();
    }
  });

  it("is written anew by a build that has nothing to do", async () => {
    const cwd = await runProject(statements);
    const build = machine();
    const first = await build(cwd);
    await build(cwd, "--cache-to", "type=local,dest=one,mode=max");
    await build(cwd, "--cache-to", "type=local,dest=two,mode=max");
    expect(readFileSync(join(cwd, "two/index.json"))).toEqual(readFileSync(join(cwd, "one/index.json")));
    expect((await machine()(cwd, "--cache-from", "type=local,src=two")).id).toBe(first.id);
  });
});
