import { describe, expect, test } from "vitest";
import { RegistryError } from "../registry-error.ts";
import { parseRetryAfter, retry } from "./retry.ts";

describe("parseRetryAfter", () => {
  const now = Date.parse("2024-01-01T00:00:00Z");
  test.each([
    ["7", 7000],
    [" 0 ", 0],
    ["Mon, 01 Jan 2024 00:01:00 GMT", 60_000],
    ["Sun, 31 Dec 2023 23:59:00 GMT", 0],
    ["soon", undefined],
    [undefined, undefined],
  ])("%j is %j milliseconds", (text, expected) => {
    expect(parseRetryAfter(text, now)).toBe(expected);
  });
});

describe("retry", () => {
  const passing = new RegistryError("server-error", "GET x: 503", { temporary: true });

  test("tries what may pass until it does", async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      if (tries < 3) throw passing;
      return tries;
    };
    await expect(retry(attempt, { delay: 1 })).resolves.toBe(3);
  });

  test("gives up after the given number of tries", async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      throw passing;
    };
    await expect(retry(attempt, { delay: 1, tries: 4 })).rejects.toBe(passing);
    expect(tries).toBe(4);
  });

  test.each([new RegistryError("not-found", "GET x: 404"), new TypeError("a mistake")])(
    "does not try again what will not pass: %s",
    async (error) => {
      let tries = 0;
      const attempt = async () => {
        tries += 1;
        throw error;
      };
      await expect(retry(attempt, { delay: 1 })).rejects.toBe(error);
      expect(tries).toBe(1);
    },
  );

  test("an interruption ends the wait", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    setTimeout(() => controller.abort(reason), 20);
    await expect(retry(() => Promise.reject(passing), { delay: 60_000 }, controller.signal)).rejects.toBe(reason);
  });
});
