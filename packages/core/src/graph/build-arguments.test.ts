import { expect, test } from "vitest";
import { isForBuilder, proxiesOf, proxyVariables } from "./build-arguments.ts";

test("proxies are known in both cases, of which the lower one counts", () => {
  const given = new Map([
    ["http_proxy", "low"],
    ["HTTP_PROXY", "high"],
    ["No_Proxy", "x"],
    ["MY_PROXY", "y"],
    ["ALL_PROXY", ""],
  ]);
  const found = proxiesOf(given);
  expect(Object.fromEntries(found)).toEqual({ http_proxy: "low", no_proxy: "x", all_proxy: "" });
  expect([...proxyVariables(found)].sort()).toEqual(["HTTP_PROXY=low", "NO_PROXY=x", "http_proxy=low", "no_proxy=x"]);
});

test("what only builders read is told from other arguments", () => {
  expect(isForBuilder("BUILDKIT_SBOM_SCAN_STAGE")).toBe(true);
  expect(isForBuilder("VERSION")).toBe(false);
});
