import { expect, it } from "vitest";
import { engineImageName, parseBaseName, parseReference, printReference } from "./reference.ts";

it.each([
  ["docker-daemon://app", "docker-daemon://docker.io/library/app:latest", "app:latest"],
  ["docker-daemon://ghcr.io/a/b:1", "docker-daemon://ghcr.io/a/b:1", "ghcr.io/a/b:1"],
  ["docker-daemon://127.0.0.1:5000/b", "docker-daemon://127.0.0.1:5000/b:latest", "127.0.0.1:5000/b:latest"],
])("%s is an image of a Docker Engine's store", (text, full, name) => {
  const reference = parseBaseName(text);
  expect(printReference(reference)).toBe(full);
  expect(parseBaseName(full)).toEqual(reference);
  expect(engineImageName(reference)).toBe(name);
});

it("other names of bases are those of registries, and no registry is an engine", () => {
  expect(parseBaseName("debian:12")).toEqual(parseReference("debian:12"));
  expect(engineImageName(parseReference("docker-daemon:1"))).toBe(undefined);
  expect(() => parseReference("docker-daemon://app")).toThrow('"docker-daemon:" is not a registry');
  expect(() => parseBaseName("docker-daemon://docker-daemon://app")).toThrow("is not an image name");
  expect(() => parseBaseName("docker-daemon://")).toThrow("the name is empty");
  expect(() => parseReference("a1".repeat(32))).toThrow("are the id of an image");
  expect(parseReference(`${"a1".repeat(32)}:1`).tag).toBe("1");
});
