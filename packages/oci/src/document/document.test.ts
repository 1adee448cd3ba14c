import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Digest } from "../digest.ts";
import { mediaType } from "../media-type.ts";
import { parseDescriptor } from "./descriptor.ts";
import { type ImageConfig, parseImageConfig, printImageConfig } from "./image-config.ts";
import { isImageIndex, parseImageIndex, parseManifestOrIndex, printImageIndex } from "./image-index.ts";
import { parseManifest, printManifest } from "./manifest.ts";

const a: Digest = `sha256:${"a".repeat(64)}`;
const b: Digest = `sha256:${"b".repeat(64)}`;

const manifest = {
  schemaVersion: 2 as const,
  mediaType: mediaType.ociManifest,
  config: { mediaType: mediaType.ociConfig, digest: a, size: 100 },
  layers: [{ mediaType: mediaType.ociLayerGzip, digest: b, size: 2000 }],
  annotations: { b: "2", a: "<1>" },
};

const config: ImageConfig = {
  architecture: "arm64",
  variant: "v8",
  os: "linux",
  created: "1970-01-01T00:00:00Z",
  config: {
    Shell: ["/bin/bash", "-c"],
    Healthcheck: { Test: ["CMD", "true"], Interval: 5_000_000_000, Retries: 3 },
    ArgsEscaped: true,
    StopSignal: "SIGTERM",
    Labels: { z: "1 & 2", "10": "ten", "9": "nine", "": "empty" },
    WorkingDir: "/app",
    Volumes: { "/data": {} },
    Cmd: ["sh", "-c", "a && b > c"],
    Entrypoint: null,
    Env: ["PATH=/bin", "LINE=\u2028"],
    ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
    User: "node",
  },
  rootfs: { type: "layers", diff_ids: [a, b] },
  history: [
    { comment: "buildkit.dockerfile.v0", created_by: "COPY . .", created: "1970-01-01T00:00:00Z" },
    { empty_layer: true, created_by: "CMD" },
  ],
};

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const text = (printed: Uint8Array): string => new TextDecoder().decode(printed);

describe("a manifest", () => {
  it("is printed as Go indents it, and parsed back", () => {
    const printed = printManifest(manifest);
    expect(text(printed)).toBe(
      `{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": "${a}",
    "size": 100
  },
  "layers": [
    {
      "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
      "digest": "${b}",
      "size": 2000
    }
  ],
  "annotations": {
    "a": "\\u003c1\\u003e",
    "b": "2"
  }
}`,
    );
    expect(parseManifest(printed, "manifest")).toEqual(manifest);
  });

  it("may have members that are not known, null for missing ones, and no media type", () => {
    const { mediaType: _, annotations: __, ...rest } = manifest;
    const parsed = parseManifest(bytes({ ...rest, annotations: null, extra: { deep: [1] } }), "manifest");
    expect(parsed).toEqual({ ...rest, mediaType: mediaType.ociManifest });
  });

  it("without layers is printed with an empty list", () => {
    expect(text(printManifest({ ...manifest, layers: [] }))).toContain('"layers": [],');
  });

  it.each([
    ["layers[0].digest", { layers: [{ mediaType: "x", digest: "sha256:zz", size: 1 }] }, 'found "sha256:zz"'],
    ["layers[0].size", { layers: [{ mediaType: "x", digest: a, size: -1 }] }, "found -1"],
    ["layers[0].size", { layers: [{ mediaType: "x", digest: a, size: 2 ** 53 }] }, "found 9007199254740992"],
    ["layers[0].size", { layers: [{ mediaType: "x", digest: a, size: 1.5 }] }, "found 1.5"],
    ["layers[0].mediaType", { layers: [{ digest: a, size: 1 }] }, "is missing"],
    ["layers[0]", { layers: ["x"] }, 'expected an object, found "x"'],
    ["layers", { layers: {} }, "expected a list, found an object"],
    ["config", { config: undefined }, "is missing"],
    ["config.digest", { config: { ...manifest.config, digest: `md5:${"a".repeat(32)}` } }, "expected a digest"],
    ['annotations["a"]', { annotations: { a: 1 } }, "expected a string, found 1"],
    ["schemaVersion", { schemaVersion: 1 }, "schema 1 is no longer read"],
    ["schemaVersion", { schemaVersion: undefined }, "expected 2, found nothing"],
    ["mediaType", { mediaType: "text/html" }, '"text/html" is not the type'],
    ["manifests", { manifests: [] }, "could then be read as an index"],
  ])("with a wrong %s is refused, and the fault is named", (path, change, problem) => {
    const parse = (): unknown => parseManifest(bytes({ ...manifest, ...change }), "manifest of debian:12");
    expect(parse).toThrow(expect.objectContaining({ name: "OciError", code: "invalid-document" }));
    expect(parse).toThrow(`manifest of debian:12: ${path}: `);
    expect(parse).toThrow(problem);
  });

  it("is refused beyond 4 MiB, as text that is no JSON, and in bytes that are no UTF-8", () => {
    expect(() => parseManifest(new Uint8Array(4 * 1024 * 1024 + 1), "m")).toThrow("m: has 4194305 bytes");
    expect(() => parseManifest(new TextEncoder().encode("<html>"), "m")).toThrow("m: is not JSON");
    expect(() => parseManifest(Uint8Array.of(0x22, 0xff, 0x22), "m")).toThrow("m: is not JSON");
    expect(() => parseManifest(new TextEncoder().encode("[".repeat(1_000_000)), "m")).toThrow("m: is not JSON");
  });
});

describe("an index", () => {
  const index = {
    schemaVersion: 2 as const,
    mediaType: mediaType.ociIndex,
    manifests: [
      {
        mediaType: mediaType.ociManifest,
        digest: a,
        size: 3,
        platform: { os: "windows", architecture: "amd64", osVersion: "10.0.1" },
      },
      {
        mediaType: mediaType.ociManifest,
        digest: b,
        size: 4,
        platform: { os: "linux", architecture: "arm", variant: "v7" },
      },
    ],
  };

  it("keeps platforms under their names in the spec", () => {
    const printed = text(printImageIndex(index));
    expect(printed).toContain('"os.version": "10.0.1"');
    expect(parseImageIndex(new TextEncoder().encode(printed), "index")).toEqual(index);
  });

  it("is told from a manifest", () => {
    expect(isImageIndex(parseManifestOrIndex(printImageIndex(index), "it"))).toBe(true);
    expect(isImageIndex(parseManifestOrIndex(printManifest(manifest), "it"))).toBe(false);
    const { mediaType: _, ...untyped } = index;
    expect(isImageIndex(parseManifestOrIndex(bytes(untyped), "it"))).toBe(true);
    expect(() => parseManifest(printImageIndex(index), "m")).toThrow("m: is an index of several images");
    expect(() => parseImageIndex(printManifest(manifest), "i")).toThrow("i: is the manifest of one image");
    expect(() => parseImageIndex(bytes({ ...index, layers: [] }), "i")).toThrow("could then be read as a manifest");
  });
});

describe("a config", () => {
  it("is printed as BuildKit prints it", () => {
    expect(text(printImageConfig(config))).toBe(
      `{"architecture":"arm64","config":{"User":"node","ExposedPorts":{"443/tcp":{},"80/tcp":{}},` +
        `"Env":["PATH=/bin","LINE=\\u2028"],"Cmd":["sh","-c","a \\u0026\\u0026 b \\u003e c"],` +
        `"Volumes":{"/data":{}},"WorkingDir":"/app",` +
        `"Labels":{"":"empty","10":"ten","9":"nine","z":"1 \\u0026 2"},"StopSignal":"SIGTERM","ArgsEscaped":true,` +
        `"Healthcheck":{"Test":["CMD","true"],"Interval":5000000000,"Retries":3},"Shell":["/bin/bash","-c"]},` +
        `"created":"1970-01-01T00:00:00Z","history":[` +
        `{"created":"1970-01-01T00:00:00Z","created_by":"COPY . .","comment":"buildkit.dockerfile.v0"},` +
        `{"created_by":"CMD","empty_layer":true}],"os":"linux",` +
        `"rootfs":{"type":"layers","diff_ids":["${a}","${b}"]},"variant":"v8"}`,
    );
  });

  it("is parsed back, without what is null", () => {
    const { Entrypoint: _, ...rest } = config.config ?? {};
    expect(parseImageConfig(printImageConfig(config), "config")).toEqual({ ...config, config: rest });
  });

  it("sorts names as bytes, not as UTF-16", () => {
    const labels = { "\u{1f600}": "1", "\uffee": "2" };
    expect(text(printImageConfig({ ...config, config: { Labels: labels } }))).toContain(
      '{"\uffee":"2","\u{1f600}":"1"}',
    );
  });

  it("keeps names that JavaScript treats in its own way", () => {
    const labels = Object.fromEntries([
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
    const printed = printImageConfig({ ...config, config: { Labels: labels } });
    expect(text(printed)).toContain('"Labels":{"__proto__":"p","constructor":"c"}');
    expect(parseImageConfig(printed, "config").config?.Labels).toEqual(labels);
  });

  it("writes U+FFFD for what is not Unicode, as Go does, and leaves text that only looks like it", () => {
    const printed = text(printImageConfig({ ...config, config: { Env: ["A=\udc80\udc81", "B=\\ud800"] } }));
    expect(printed).toContain('"Env":["A=\\ufffd\\ufffd","B=\\\\ud800"]');
  });

  it.each([
    ["rootfs.type", { rootfs: { type: "windows", diff_ids: [] } }],
    ["rootfs.diff_ids[1]", { rootfs: { type: "layers", diff_ids: [a, "sha256:b"] } }],
    ["rootfs", { rootfs: [] }],
    ["os", { os: 1 }],
    ["architecture", { architecture: undefined }],
    ["config.Env[0]", { config: { Env: [null] } }],
    ["config.Labels", { config: { Labels: ["a=b"] } }],
    ["config.Healthcheck.Retries", { config: { Healthcheck: { Retries: "3" } } }],
    ["history[0].empty_layer", { history: [{ empty_layer: "yes" }] }],
  ])("with a wrong %s is refused", (path, change) => {
    expect(() => parseImageConfig(bytes({ ...config, ...change }), "config of app")).toThrow(
      `config of app: ${path}: `,
    );
  });
});

describe("whatever the bytes are", () => {
  const parsers = [parseManifest, parseImageIndex, parseManifestOrIndex, parseImageConfig, parseDescriptor];

  function parsesOrRefuses(document: Uint8Array): void {
    for (const parse of parsers) {
      try {
        parse(document, "document");
      } catch (error) {
        expect(error).toMatchObject({ name: "OciError", code: "invalid-document" });
      }
    }
  }

  it("parsers answer or throw an OciError", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), parsesOrRefuses));
    fc.assert(fc.property(fc.json(), (json) => parsesOrRefuses(new TextEncoder().encode(json))));
  });

  it("also for documents with one value replaced", () => {
    const documents = [
      manifest,
      config,
      { ...manifest, config: undefined, layers: undefined, manifests: manifest.layers },
    ];
    fc.assert(
      fc.property(fc.constantFrom(...documents), fc.nat(60), fc.jsonValue(), (document, at, value) => {
        parsesOrRefuses(bytes(replaced(document, { at }, value)));
      }),
      { numRuns: 1000 },
    );
  });

  it("what a parser accepts is printed and parsed to the same value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.array(fc.string()), (labels, env) => {
        const sound = (word: string): boolean => word.isWellFormed();
        fc.pre([...Object.entries(labels).flat(), ...env].every(sound));
        const whole = { ...config, config: { Labels: { ...labels, k: "v" }, Env: ["A=b", ...env] } };
        expect(parseImageConfig(printImageConfig(whole), "config")).toEqual(whole);
      }),
    );
  });
});

/** The document with its value number `at`, counted from the root, replaced by another. */
function replaced(document: unknown, counter: { at: number }, value: unknown): unknown {
  if (counter.at-- === 0) return value;
  if (Array.isArray(document)) return document.map((item) => replaced(item, counter, value));
  if (typeof document !== "object" || document === null) return document;
  return Object.fromEntries(Object.entries(document).map(([name, item]) => [name, replaced(item, counter, value)]));
}
