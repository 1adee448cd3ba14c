import { expect, test } from "vitest";
import { plainText, redactUrl } from "./redact.ts";

test("an address is written without user, password and signature", () => {
  const url = new URL("https://me:secret@store.example.com/blob/abc?X-Amz-Signature=feed&digest=sha256:12");
  expect(redactUrl(url)).toBe("https://store.example.com/blob/abc?X-Amz-Signature=REDACTED&digest=sha256:12");
});

test("a scope stays readable", () => {
  const url = new URL("https://auth.example.com/token?service=r&scope=repository%3Aa%2Fb%3Apull");
  expect(redactUrl(url)).toBe("https://auth.example.com/token?service=r&scope=repository:a/b:pull");
});

test.each([
  ["several lines\nand a bell\u0007", "several lines and a bell"],
  ["\u001b[31mred\u001b[0m", "[31mred [0m"],
  ["sent Authorization: Bearer abcdefgh.ijkl", "sent Authorization: Bearer REDACTED"],
  ["sent Basic dXNlcjpwYXNzd29yZA==", "sent Basic REDACTED"],
  ["at https://me:secret@host/x", "at https://host/x"],
])("text from outside becomes plain: %j", (text, expected) => {
  expect(plainText(text)).toBe(expected);
});

test("long text is cut", () => {
  expect(plainText("x".repeat(1000), 10)).toBe("xxxxxxxxxx…");
});
