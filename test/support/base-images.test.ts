import { expect, it } from "vitest";
import { baseImage, baseNeeds, serveBases } from "./base-images.ts";
import { imageFiles, judgeNeeds } from "./image-files.ts";
import { need } from "./need.ts";
import { runOrThrow } from "./run-program.ts";

need(...baseNeeds, ...judgeNeeds)("the busybox stand-in", () => {
  it("has what makes base images hard: links, owners, special modes, a removed file, a replaced directory", async () => {
    const { files } = await imageFiles((await baseImage("busybox:latest")).reference);
    const file = (path: string): unknown => files.find((candidate) => candidate.path === path);
    expect(file("/bin")).toMatchObject({ type: "symlink", linkname: "usr/bin" });
    expect(file("/var/run")).toMatchObject({ linkname: "/run" });
    expect(file("/tmp")).toMatchObject({ mode: "1777" });
    expect(file("/usr/bin/passwd")).toMatchObject({ mode: "4755" });
    expect(file("/usr/bin/sh")).toMatchObject({ hardLinkTo: "/usr/bin/busybox" });
    expect(file("/home/node/.profile")).toMatchObject({ uid: 1000, gid: 1000, mode: "0640" });
    expect(file("/usr/bin/ping")).toHaveProperty(["xattrs", "security.capability"]);
    expect(file("/usr/share/doc/base/old")).toBeUndefined();
    expect(file("/etc/example.d/first.conf")).toBeUndefined();
    expect(file("/etc/example.d/second.conf")).toBeDefined();
  });
});

need(
  ...baseNeeds,
  "docker-registry",
  "skopeo",
)("the registry of a run", () => {
  it.each(["busybox:latest", "node:24-slim", "golang:1.24"])("serves %s under its Docker Hub name", async (name) => {
    const { address } = await serveBases(name);
    const inspect = ["inspect", "--raw", "--tls-verify=false", `docker://${address}/library/${name}`];
    expect(JSON.parse(await runOrThrow("skopeo", inspect))).toMatchObject({ schemaVersion: 2 });
  });
});

need(
  ...baseNeeds,
  "docker-registry",
  "skopeo",
  "mmdebstrap",
)("the Debian stand-in", () => {
  it("is a real minimal Debian", async () => {
    const { address } = await serveBases("debian:bookworm");
    const inspect = ["inspect", "--tls-verify=false", `docker://${address}/library/debian:bookworm`];
    expect(JSON.parse(await runOrThrow("skopeo", inspect))).toMatchObject({ Os: "linux" });
  });
});
