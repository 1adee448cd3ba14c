import { expect, test } from "vitest";
import { parseOutputOption } from "./output-option.ts";

test("an output is buildx's fields, a folder, or standard output", () => {
  expect(parseOutputOption("type=oci,dest=a.tar,compression=zstd,compression-level=3")).toEqual({
    type: "oci",
    destination: "a.tar",
    tar: true,
    names: [],
    compression: "zstd",
    compressionLevel: 3,
  });
  expect(parseOutputOption("type=oci,dest=layout,tar=false")).toMatchObject({ type: "oci", tar: false });
  expect(parseOutputOption('type=docker,dest=-,"name=a:1,b:2"')).toMatchObject({
    destination: "-",
    names: ["a:1", "b:2"],
  });
  expect(parseOutputOption("out/folder")).toMatchObject({ type: "local", destination: "out/folder", tar: false });
  expect(parseOutputOption("-")).toMatchObject({ type: "tar", destination: "-" });
});

test("an image is kept under its names, or pushed to where they say", () => {
  expect(parseOutputOption("type=image")).toEqual({ type: "image", push: false, names: [] });
  expect(parseOutputOption("type=image,name=a:1,push=true")).toEqual({ type: "image", push: true, names: ["a:1"] });
  expect(parseOutputOption("type=image,push")).toMatchObject({ push: true });
  expect(parseOutputOption("type=registry")).toEqual({ type: "image", push: true, names: [] });
  expect(parseOutputOption('type=registry,"name=a:1,b:2",compression=zstd')).toEqual({
    type: "image",
    push: true,
    names: ["a:1", "b:2"],
    compression: "zstd",
  });
});

test("media types are OCI's, or Docker's where that is asked for, and names may do without tags", () => {
  expect(parseOutputOption("type=image,push=true,oci-mediatypes=false")).toMatchObject({ mediaTypes: "docker" });
  expect(parseOutputOption("type=registry,oci-mediatypes=true")).not.toHaveProperty("mediaTypes");
  expect(parseOutputOption("type=oci,dest=a,oci-mediatypes=false")).toMatchObject({ mediaTypes: "docker" });
  expect(() => parseOutputOption("type=tar,dest=a,oci-mediatypes=false")).toThrow("oci-mediatypes= is for type=oci");
  expect(() => parseOutputOption("type=registry,oci-mediatypes=false,compression=zstd")).toThrow("know no zstd");
  expect(parseOutputOption("type=image,push-by-digest=true,name-canonical=true,push=true,name=a")).toMatchObject({
    byDigest: true,
    names: ["a"],
  });
  expect(() => parseOutputOption("type=oci,dest=a,push-by-digest=true")).toThrow("push-by-digest= is for type=image");
});

test("what is so anyway may be said, and not its opposite", () => {
  expect(parseOutputOption("type=image,push=true,oci-mediatypes=true,unpack=true,rewrite-timestamp=1")).toEqual({
    type: "image",
    push: true,
    names: [],
  });
  expect(() => parseOutputOption("type=oci,dest=a,rewrite-timestamp=false")).toThrow("is always true here");
});

test("layers may be packed anew", () => {
  expect(parseOutputOption("type=registry,compression=zstd,force-compression=true")).toMatchObject({
    compression: "zstd",
    forceCompression: true,
  });
  expect(parseOutputOption("type=registry,force-compression=false")).toEqual({ type: "image", push: true, names: [] });
});

test("docker's format without a path is for the Docker daemon", () => {
  expect(parseOutputOption("type=docker")).toEqual({ type: "load", names: [] });
  expect(parseOutputOption("type=docker,name=a:1")).toEqual({ type: "load", names: ["a:1"] });
  expect(() => parseOutputOption("type=docker,compression=gzip")).toThrow("layers are not compressed there");
});

test("a path may have the characters of the notation", () => {
  expect(parseOutputOption('type=tar,"dest=a,b=c.tar"')).toMatchObject({ destination: "a,b=c.tar" });
});

test("what cannot be meant is refused, with what can", () => {
  const refused = {
    "dest=a": "the type is missing",
    "type=zip,dest=a": 'there is no type "zip"',
    "type=oci": "dest=PATH is missing",
    "type=oci,dest=a,color=red": 'there is no field "color"',
    "type=local,dest=-": "cannot be written to standard output",
    "type=image,dest=a": "type=image has names, and no dest=",
    "type=image,push=maybe": 'push= is true or false, and not "maybe"',
    "type=oci,dest=a,push=true": "push= is for type=image",
    "type=tar,dest=a,compression=gzip": "layers are not compressed",
    "type=oci,dest=a,compression=lzma": 'no compression "lzma"',
    "type=oci,dest=a,compression-level=high": '"high" is not a compression level',
    "": "it is empty",
  };
  for (const [text, why] of Object.entries(refused)) expect(() => parseOutputOption(text)).toThrow(why);
});
