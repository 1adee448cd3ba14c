import { expect, test } from "vitest";
import { imageCaches } from "./image-caches.ts";

test("caches have the name of the image where they ask for it", () => {
  const cache = (ref: string) => [{ type: "registry", attributes: { ref, mode: "max" } }];
  const found = imageCaches(cache("host/cache/{image}:{platform}"), "apiServer", "linux/arm/v7");
  expect(found).toEqual(cache("host/cache/apiserver:linux-arm-v7"));
  expect(imageCaches(cache("host/cache:{x}"), "a", "linux/amd64")).toEqual(cache("host/cache:{x}"));
});
