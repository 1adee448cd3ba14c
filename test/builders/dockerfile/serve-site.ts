import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll } from "vitest";
import { project } from "../../support/project.ts";
import { runOrThrow } from "../../support/run-program.ts";

/** Starts a web server with a few small files for ADD, and returns its address; it ends with the test file. */
export async function serveSite(): Promise<string> {
  const folder = project({ "f.txt": "f\n", "g.txt": "g\n", "in/tar.txt": "tar\n" });
  const tar = join(folder, "t.tar");
  await runOrThrow("tar", ["-C", folder, "--mtime=@1000", "--sort=name", "--owner=7", "--group=8", "-cf", tar, "in"]);
  const pages: Readonly<Record<string, string>> = {
    "/f.txt": "f.txt",
    "/d/f.txt": "f.txt",
    "/g.txt": "g.txt",
    "/t.tar": "t.tar",
  };
  const server = createServer((request, response) => {
    const page = pages[(request.url ?? "").replace(/\?.*/, "")];
    if (page === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(200, { "last-modified": "Sat, 01 Jan 2000 00:00:00 GMT" })
        .end(readFileSync(join(folder, page)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
