import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Containers } from "./containers.ts";

const store = mkdtempSync(join(tmpdir(), "strake-containers-"));
afterAll(() => rmSync(store, { recursive: true }));

const named = { id: "1".repeat(64), name: "ab", created: 1 };
const newer = { id: `ab${"2".repeat(62)}`, name: "other", created: 2 };

it("finds a container by its name also where the id of a newer one begins so", () => {
  for (const record of [named, newer]) {
    mkdirSync(join(store, "containers", record.id), { recursive: true });
    writeFileSync(join(store, "containers", record.id, "container.json"), JSON.stringify(record));
  }
  const containers = new Containers(store);
  expect(containers.find("ab")).toEqual(named);
  expect(containers.find("ab2")).toEqual(newer);
  expect(() => containers.find("")).toThrow("there is no container");
});
