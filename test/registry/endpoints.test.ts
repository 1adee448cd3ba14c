import { startRegistryServer } from "@strake/registry/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { registry } from "../support/registry.ts";
import { type EndpointContent, fillIn, makeEndpointContent, ociIndex, ociManifest } from "./endpoint-content.ts";
import type { EndpointRow } from "./endpoint-row.ts";
import { readingEndpoints } from "./reading-endpoints.ts";
import { writingEndpoints } from "./writing-endpoints.ts";

type Setting = NonNullable<EndpointRow["at"]> | "open";

const rows = [...readingEndpoints, ...writingEndpoints].map((row, number) => ({ ...row, number }));

describe("our own registry server", () => {
  const servers = new Map<Setting, Awaited<ReturnType<typeof startRegistryServer>>>();

  beforeAll(async () => {
    servers.set("open", await startRegistryServer());
    servers.set("locked", await startRegistryServer({ deletes: false }));
    servers.set("guarded", await startRegistryServer({ token: {} }));
    servers.set("older", await startRegistryServer({ referrers: false }));
  });
  afterAll(async () => {
    for (const server of servers.values()) await server.close();
  });

  it.each(rows)("$end answers $status: $what", async (row) => {
    await check(`http://${servers.get(row.at ?? "open")?.address}`, row);
  });
});

need("docker-registry", "python3")("Debian's docker-registry", () => {
  const bases = new Map<Setting, string>();

  beforeAll(async () => {
    const open = `http://${(await registry("endpoints")).address}`;
    bases.set("open", open).set("older", open);
    bases.set("locked", `http://${(await registry("locked", { deletes: false })).address}`);
    const login = { user: "somebody", password: "a-word" };
    bases.set("guarded", `http://${(await registry("guarded", { login })).address}`);
  });

  it.each(rows.filter(({ docker }) => docker === undefined))("$end answers $status: $what", async (row) => {
    await check(bases.get(row.at ?? "open") as string, row);
  });

  it.each(rows.filter(({ docker }) => docker !== undefined))(
    "$end answers $docker.status and not $status: $what, because $docker.why",
    async ({ answers, says, next, ...row }) => {
      await check(bases.get(row.at ?? "open") as string, { ...row, status: row.docker?.status ?? row.status });
    },
  );
});

/** Makes a row's request in a repository of its own, and compares what is answered. */
async function check(base: string, row: EndpointRow & { readonly number: number }): Promise<void> {
  const repo = `table/row-${row.number}`;
  const content: EndpointContent =
    row.at === "guarded" ? { words: { repo }, bodies: {} } : await makeEndpointContent(base, repo);
  const fill = (text: string) => fillIn(text, content.words);
  const response = await send(base, fill(row.send), row, content);
  // docker-registry breaks off where it refuses a part of a blob.
  const text = await response.text().catch(() => "");
  expect(response.status, text).toBe(row.status);
  for (const [name, expected] of Object.entries(row.answers ?? {})) {
    const found = response.headers.get(name);
    if (expected === null) expect(found, name).toBeNull();
    else if (typeof expected === "string") expect(found, name).toBe(fill(expected));
    else expect(found, name).toMatch(new RegExp(fill(expected.source), expected.flags));
  }
  if (row.says !== undefined) expect(text).toMatch(new RegExp(fill(row.says.source), row.says.flags));
  const [next, status] = row.next ?? [];
  if (next !== undefined) expect((await send(base, fill(next), {}, content)).status, next).toBe(status);
}

function send(
  base: string,
  line: string,
  { headers = {}, body }: Pick<EndpointRow, "headers" | "body">,
  { bodies }: EndpointContent,
): Promise<Response> {
  const [method = "GET", path = ""] = line.split(" ");
  // The address of an upload may have a query of its own.
  const [place, ...queries] = path.split("?");
  const url = `${base}${place}${queries.length === 0 ? "" : `?${queries.join("&")}`}`;
  const all = { accept: `${ociManifest}, ${ociIndex}`, "content-type": "application/octet-stream", ...headers };
  return fetch(url, { method, headers: all, ...(body === undefined ? {} : { body: bodies[body] ?? "" }) });
}
