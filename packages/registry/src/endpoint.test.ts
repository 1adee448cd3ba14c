import { describe, expect, test } from "vitest";
import { listEndpoints } from "./endpoint.ts";
import { parseRegistrySettings } from "./registry-settings.ts";

describe("listEndpoints", () => {
  test.each([
    ["docker.io", ["https://registry-1.docker.io/"]],
    ["registry.example.com", ["https://registry.example.com/"]],
    ["localhost:5000", ["https://localhost:5000/", "http://localhost:5000/"]],
    ["127.1.2.3", ["https://127.1.2.3/", "http://127.1.2.3/"]],
    ["[::1]:5000", ["https://[::1]:5000/", "http://[::1]:5000/"]],
    ["127.example.com", ["https://127.example.com/"]],
  ])("%s is asked at %j", (registry, bases) => {
    const [endpoint, ...rest] = listEndpoints(registry, new Map());
    expect(endpoint?.bases.map(String)).toEqual(bases);
    expect(rest).toEqual([]);
  });

  test("mirrors come first, in order, and then the registry", () => {
    const settings = parseRegistrySettings(
      "docker.io:\n  mirrors: [http://10.0.0.1:5000, https://m.example/v2/hub/]",
      "f",
    );
    expect(
      listEndpoints("docker.io", settings).map(({ bases, prefix, mirror }) => [bases.map(String), prefix, mirror]),
    ).toEqual([
      [["http://10.0.0.1:5000/"], "", true],
      [["https://m.example/"], "hub/", true],
      [["https://registry-1.docker.io/"], "", false],
    ]);
  });

  test("an insecure registry is only asked in plain http", () => {
    const settings = parseRegistrySettings("r.example:\n  insecure: true", "f");
    expect(listEndpoints("r.example", settings)[0]?.bases.map(String)).toEqual(["http://r.example/"]);
  });
});
