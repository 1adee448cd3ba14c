import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { systemCalls } from "./system-calls.ts";

describe.skipIf(process.platform !== "linux")("on Linux", () => {
  it("makes files in memory that can be executed and not changed", () => {
    const file = systemCalls().makeSealedFile("echo", readFileSync("/bin/echo"));
    const path = `/proc/${process.pid}/fd/${file}`;
    try {
      expect(execFileSync(path, ["from memory"], { encoding: "utf8" })).toBe("from memory\n");
      expect(() => writeSync(file, "x")).toThrow("EPERM");
      expect(() => openSync(path, "w")).toThrow(/EPERM|ETXTBSY/);
      // Programs that are started do not have it by themselves.
      expect(execFileSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" })).not.toContain("memfd:");
    } finally {
      closeSync(file);
    }
  });

  it("makes pipes that programs which are started have no end of", () => {
    const { reader, writer } = systemCalls().makePipe();
    const bytes = Buffer.alloc(10);
    expect(writeSync(writer, "through")).toBe(7);
    expect(bytes.toString("utf8", 0, readSync(reader, bytes, 0, 10, null))).toBe("through");
    const inherited = execFileSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" });
    expect(inherited).not.toMatch(new RegExp(` ${reader} -> pipe| ${writer} -> pipe`));
    closeSync(writer);
    expect(readSync(reader, bytes, 0, 10, null)).toBe(0);
    closeSync(reader);
  });
});
