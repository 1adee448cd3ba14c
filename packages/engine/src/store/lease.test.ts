import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { startPruning, takeLease } from "./lease.ts";

const root = mkdtempSync(join(tmpdir(), "strake-lease-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newStore = () => mkdtempSync(join(root, "store-"));

it("who uses the store keeps others from removing, until it lets go", async () => {
  const store = newStore();
  const [first, second] = await Promise.all([takeLease(store), takeLease(store)]);
  expect(startPruning(store)).toBeUndefined();
  first.release();
  first.release();
  expect(startPruning(store)).toBeUndefined();
  second.release();
  const pruning = startPruning(store);
  expect(pruning).toBeDefined();
  pruning?.release();
  expect(readdirSync(join(store, "leases"))).toEqual([]);
});

it("who wants to use the store waits while somebody removes things", async () => {
  const store = newStore();
  const pruning = startPruning(store);
  let taken = false;
  const taking = takeLease(store).then((lease) => {
    taken = true;
    return lease;
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(taken).toBe(false);
  pruning?.release();
  (await taking).release();
});

it("the wait ends when it is told to stop, and leaves nothing", async () => {
  const store = newStore();
  const pruning = startPruning(store);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 30);
  await expect(takeLease(store, controller.signal)).rejects.toMatchObject({ name: "AbortError" });
  pruning?.release();
  expect(startPruning(store)).toBeDefined();
});

it("what a process said that was killed counts no more", async () => {
  const store = newStore();
  const child = spawn("sleep", ["60"]);
  mkdirSync(join(store, "leases"));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  writeFileSync(join(store, "leases", `${child.pid}.1-dead`), "");
  expect(startPruning(store)).toBeDefined();
  expect(readdirSync(join(store, "leases"))).toEqual([]);
});
