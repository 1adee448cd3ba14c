import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import { OciError } from "@strake/oci";
import { afterAll, beforeAll, expect, test } from "vitest";
import { statusOf } from "./exit-status.ts";
import { showError } from "./show-error.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-error-"));
  writeFileSync(
    join(folder, "build.ts"),
    'import { image } from "strake";\nexport const a = image()\n  .run("npm ci");\n',
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

const show = (error: unknown, debug = false) => showError(error, { folder, colour: false, debug });
const mistake = (message: string, notes: string[] = []) =>
  new StrakeError({ code: "x", message, notes, site: { file: join(folder, "build.ts"), line: 3, column: 4 } });

test("an error is its place, the line of the source, and what helps", () => {
  expect(
    show(mistake('run "npm ci" exited with 1', ["   npm error code EUSAGE", "Copy package-lock.json before."])),
  ).toBe(
    `build.ts:3:4  run "npm ci" exited with 1
  3 |   .run("npm ci");
     npm error code EUSAGE
  Copy package-lock.json before.
`,
  );
});

test("a source that is gone or shorter leaves out the line", () => {
  const site = { file: join(folder, "gone.ts"), line: 9, column: 1 };
  expect(show(new StrakeError({ code: "x", message: "no", site }))).toBe("gone.ts:9:1  no\n");
  expect(show(new StrakeError({ code: "x", message: "no", site: { file: "", line: 0, column: 0 } }))).toBe(
    "strake: no\n",
  );
});

test("nothing in an error reaches the terminal as a control code", () => {
  expect(show(mistake("a\u001b[2Jb\u0007", ["c\u001b]0;title\u0007d"]))).toContain("ab\\x07\n");
});

test("colours are there only when asked for", () => {
  expect(showError(mistake("no"), { folder, colour: true, debug: false })).toContain("\u001b[31mno\u001b[39m");
  expect(show(mistake("no"))).not.toContain("\u001b");
});

test("errors of the packages and their hints are shown without a stack", () => {
  expect(show(new OciError("invalid-tar", "the tar ends too early"))).toBe("strake: the tar ends too early\n");
  const error = Object.assign(new Error("GET https://x/: UNAUTHORIZED"), {
    name: "RegistryError",
    code: "unauthorized",
    hint: "Log in.",
  });
  expect(show(error)).toBe("strake: GET https://x/: UNAUTHORIZED\n  Log in.\n");
});

test("what the system refuses is said in words, with the path", () => {
  const refusal = (code: string) =>
    Object.assign(new Error(code), { code, syscall: "write", path: join(folder, "store/x") });
  expect(show(refusal("ENOSPC"))).toMatch(/^strake: there is no space left to write store\/x\n {2}Nothing unfinished/);
  expect(show(refusal("EROFS"))).toContain("store/x cannot be written: its file system is read-only");
  expect(show(refusal("EACCES"))).toContain("there is no permission to open store/x");
  expect(show(refusal("EWEIRD"))).toBe("strake: EWEIRD\n");
  const explained = Object.assign(new Error("a blob cannot be stored: no space", { cause: refusal("ENOSPC") }), {
    code: "ENOSPC",
  });
  expect(show(explained)).toMatch(/^strake: a blob cannot be stored: no space\n {2}Nothing unfinished/);
  let real: unknown;
  try {
    readFileSync(join(folder, "none"));
  } catch (error) {
    real = error;
  }
  expect(show(real)).toBe("strake: none does not exist\n");
});

test("several errors are shown one after another", () => {
  expect(show(new AggregateError([mistake("one"), mistake("two")]))).toMatch(/one\n[\s\S]*two\n/);
});

test("what nobody foresaw says so, and has a stack only for those who ask", () => {
  expect(show(new TypeError("x is not a function"))).toBe(
    "strake: this should not have happened: TypeError: x is not a function\n  It is a mistake in strake. STRAKE_DEBUG=1 shows where; please report it.\n",
  );
  expect(show(new TypeError("x"), true)).toContain("show-error.test.ts");
  expect(show(mistake("no"), true)).not.toContain("show-error.test.ts");
});

test("the exit status tells a wrong request, a failed build and an interruption apart", () => {
  expect(statusOf(new StrakeError({ code: "unknown-target", message: "" }))).toBe(2);
  expect(statusOf(mistake("no"))).toBe(1);
  expect(statusOf(new OciError("invalid-reference", ""))).toBe(2);
  const other = (name: string, code: string) => Object.assign(new Error(), { name, code });
  expect(statusOf(other("DaemonError", "invalid-options"))).toBe(2);
  expect(statusOf(other("DaemonError", "unreachable"))).toBe(1);
  expect(statusOf(other("RegistryError", "invalid-settings"))).toBe(2);
  expect(statusOf(undefined)).toBe(1);
  expect(statusOf(new Error("x"))).toBe(1);
  expect(statusOf(AbortSignal.abort().reason)).toBe(130);
});
