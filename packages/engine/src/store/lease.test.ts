import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { oldestLease, takeLease } from "./lease.ts";

let store: string;

beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), "lease-"));
});

afterEach(() => {
  rmSync(store, { recursive: true, force: true });
});

test("a store that was never used has no lease, and asking leaves no trace", () => {
  expect(oldestLease(store)).toBeUndefined();
  expect(readdirSync(store)).toEqual([]);
});

test("a lease counts until it is let go of", () => {
  const lease = takeLease(store);
  expect(oldestLease(store)).toBeLessThanOrEqual(Date.now() + 1);
  lease.release();
  lease.release();
  expect(oldestLease(store)).toBeUndefined();
});

test("the oldest of several leases is told", () => {
  const [first, second] = [takeLease(store), takeLease(store)];
  const taken = oldestLease(store);
  second.release();
  expect(oldestLease(store)).toBe(taken);
  first.release();
  expect(oldestLease(store)).toBeUndefined();
});

test("a lease that nobody holds any more is swept", () => {
  mkdirSync(join(store, "leases"));
  writeFileSync(join(store, "leases", "1-abandoned"), "");
  expect(oldestLease(store)).toBeUndefined();
  expect(readdirSync(join(store, "leases"))).toEqual([]);
});
