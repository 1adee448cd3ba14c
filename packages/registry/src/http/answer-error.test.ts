import { expect, it } from "vitest";
import { answerError } from "./answer-error.ts";
import { connectionError } from "./connection-error.ts";
import type { HttpResponse } from "./response.ts";

const url = new URL("https://registry.example.com/v2/app/blobs/uploads/");

const nothing = async function* () {};

function answered(method: string, status: number, login = false) {
  const response: HttpResponse = { status, statusText: "", headers: {}, url, body: nothing(), discard() {} };
  return answerError(method, url, response, login);
}

it("advises by what was to be done", async () => {
  expect((await answered("GET", 401)).hint).toContain("the image is private: log in");
  expect((await answered("POST", 401)).hint).toContain("as somebody who may write");
  expect((await answered("PUT", 403)).hint).toContain("as somebody who may write");
  expect((await answered("GET", 401, true)).hint).toContain("log in anew");
  expect((await answered("PATCH", 413)).hint).toContain("does not take anything as large");
});

it("says a code of Node once", () => {
  const refused = (code: string, message: string) => Object.assign(new Error(message), { code });
  const told = (error: Error) => connectionError("GET", url, error).message;
  expect(told(refused("ENOTFOUND", "getaddrinfo ENOTFOUND x"))).toMatch(/uploads\/: getaddrinfo ENOTFOUND x$/);
  expect(told(refused("ECONNRESET", "socket hang up"))).toMatch(/uploads\/: ECONNRESET: socket hang up$/);
});
