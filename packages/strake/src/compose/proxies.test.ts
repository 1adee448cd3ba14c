import { expect, test } from "vitest";
import { readProxies } from "./proxies.ts";

test("proxies come from the environment, in capitals or not", () => {
  expect(readProxies({})).toEqual({});
  const both = { HTTP_PROXY: "http://a:1", http_proxy: "http://b:1", https_proxy: "c:2", no_proxy: "x,y" };
  expect(readProxies(both)).toEqual({ http: "http://a:1", https: "c:2", no: "x,y" });
  expect(readProxies({ HTTPS_PROXY: "", NO_PROXY: "z" })).toEqual({ no: "z" });
});
