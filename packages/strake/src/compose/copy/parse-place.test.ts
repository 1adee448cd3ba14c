import { expect, test } from "vitest";
import { parsePlace } from "./parse-place.ts";

test("a place is a name, or a folder or a file as skopeo writes them", () => {
  const app = { registry: "example.com:5000", repository: "app", tag: "1" };
  expect(parsePlace("example.com:5000/app:1")).toEqual({ type: "registry", reference: app });
  expect(parsePlace("docker://example.com:5000/app:1")).toEqual({ type: "registry", reference: app });
  expect(parsePlace("oci:some/folder:v1")).toEqual({ type: "oci", path: "some/folder", name: "v1" });
  expect(parsePlace("oci:some/folder")).toEqual({ type: "oci", path: "some/folder" });
  expect(parsePlace("oci-archive:a.tar:example.com:5000/app:1")).toEqual({
    type: "oci-archive",
    path: "a.tar",
    name: "example.com:5000/app:1",
  });
  expect(parsePlace("docker-archive:a.tar")).toEqual({ type: "docker-archive", path: "a.tar" });
});

test("a place without a path, and a name that is none, are refused", () => {
  expect(() => parsePlace("oci:")).toThrow("a path is missing after oci:");
  expect(() => parsePlace("dir:some/folder")).toThrow("not copied to or from dir:");
  expect(() => parsePlace("Not A Name")).toThrow("is not an image name");
});
