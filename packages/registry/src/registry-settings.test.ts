import { describe, expect, test } from "vitest";
import { RegistryError } from "./registry-error.ts";
import { parseRegistrySettings } from "./registry-settings.ts";

describe("parseRegistrySettings", () => {
  test("reads mirrors, insecure and ca", () => {
    const text = [
      "# where images come from",
      "docker.io:",
      "  mirrors: [http://127.0.0.1:5000, 'https://mirror.example.com/docker-hub']",
      "registry.example.com:",
      "  insecure: true",
      "  ca: own-ca.pem",
      "127.0.0.1:5001: {}",
    ].join("\n");
    const settings = parseRegistrySettings(text, "/etc/strake/registries.yaml");
    expect([...settings.keys()]).toEqual(["docker.io", "registry.example.com", "127.0.0.1:5001"]);
    expect(settings.get("docker.io")?.mirrors.map(String)).toEqual([
      "http://127.0.0.1:5000/",
      "https://mirror.example.com/docker-hub",
    ]);
    expect(settings.get("registry.example.com")).toEqual({
      mirrors: [],
      insecure: true,
      ca: "/etc/strake/own-ca.pem",
    });
    const client = "r.example:\n  cert: a.pem\n  key: /keys/a.key";
    expect(parseRegistrySettings(client, "/etc/strake/registries.yaml").get("r.example")?.client).toEqual({
      cert: "/etc/strake/a.pem",
      key: "/keys/a.key",
    });
    expect(settings.get("127.0.0.1:5001")).toEqual({ mirrors: [], insecure: false });
  });

  test.each(["", "# only a comment\n", "---\n"])("takes an empty file for no settings: %j", (text) => {
    expect(parseRegistrySettings(text, "registries.yaml").size).toBe(0);
  });

  test.each([
    ["docker.io:\n  mirror: [http://a]", 'registries.yaml:2: "mirror" is not a setting of a registry'],
    ["docker.io:\n  mirrors: http://a", "registries.yaml:2: mirrors is not a list"],
    [
      "docker.io:\n  mirrors:\n    - http://a\n    - ftp://b",
      'registries.yaml:4: "ftp://b" is not the address of a mirror',
    ],
    ["docker.io:\n  mirrors: [127.0.0.1]", 'registries.yaml:2: "127.0.0.1" is not the address of a mirror'],
    ["a.example:\n  insecure: yes please", "registries.yaml:2: insecure is neither true nor false"],
    ["a.example:\n  ca: 3", "registries.yaml:2: ca needs text"],
    ["a.example:\n  cert: a.pem", "registries.yaml:1: a.example has a cert without key"],
    ["a.example: {}\nhttps://b.example: {}", 'registries.yaml:2: "https://b.example" is not the name of a registry'],
    ["index.docker.io: {}", 'registries.yaml:1: "index.docker.io" is written docker.io'],
    ["a.example:\nb.example: {}", "registries.yaml:1: the settings of a.example are not a map"],
    ["- docker.io", "registries.yaml:1: the file is not a map from registries to their settings"],
    ["a.example: {}\na.example: {}", "registries.yaml:2: Map keys must be unique"],
    ["a.example:\n  mirrors: [", "registries.yaml:2: "],
  ])("names the line of a mistake: %j", (text, message) => {
    const error = caught(() => parseRegistrySettings(text, "registries.yaml"));
    expect(error.code).toBe("invalid-settings");
    expect(error.message).toContain(message);
    expect(error.hint).toBeTruthy();
  });

  test("never repeats a password that stands in an address", () => {
    const error = caught(() => parseRegistrySettings("docker.io:\n  mirrors: [https://me:secret@m]", "f"));
    expect(error.message).toBe("f:2: the address of a mirror holds a user or a password");
    const other = caught(() => parseRegistrySettings("docker.io:\n  mirrors: ['ftp://me:secret@m']", "f"));
    expect(other.message).not.toContain("secret");
  });
});

function caught(action: () => unknown): RegistryError {
  try {
    action();
  } catch (error) {
    if (RegistryError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
