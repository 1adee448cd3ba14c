import { expect, test } from "vitest";
import { applyChange } from "./change.ts";
import { parseAnnotations, parseBuildArgs, parseKeyValues } from "./key-value.ts";
import { parseSourceDateEpoch } from "./source-date-epoch.ts";

test("NAME=value options keep everything after the first =, and the last of a name wins", () => {
  expect(parseKeyValues("--label", ["a=1=2", "b", "a=3"])).toEqual({ a: "3", b: "" });
  expect(() => parseKeyValues("--label", ["=x"])).toThrow("no name before the =");
});

test("a build argument without a value takes the environment's, or is left out", () => {
  const found = parseBuildArgs(["A", "B=2", "C"], { A: "1" });
  expect([...found]).toEqual([
    ["A", "1"],
    ["B", "2"],
  ]);
});

test("annotations are the manifest's", () => {
  expect(parseAnnotations(["org.example/a:b=1", "manifest:c=2"])).toEqual({ "org.example/a:b": "1", c: "2" });
  expect(() => parseAnnotations(["index:a=1"])).toThrow("only the manifest");
  expect(() => parseAnnotations(["a"])).toThrow("expected NAME=value");
});

test("SOURCE_DATE_EPOCH is whole seconds that a date can have", () => {
  expect([undefined, "", "0", "1700000000"].map(parseSourceDateEpoch)).toEqual([0, 0, 0, 1_700_000_000]);
  for (const text of ["-1", "1.5", "now", "999999999999999"]) expect(() => parseSourceDateEpoch(text)).toThrow(text);
});

const change = (...changes: string[]) => changes.reduce(applyChange, {});

test("changes set the config as the instructions of a Dockerfile do", () => {
  expect(change('CMD ["/a", "b c"]', "entrypoint run it", "USER me", "STOPSIGNAL SIGINT")).toEqual({
    Cmd: ["/a", "b c"],
    Entrypoint: ["/bin/sh", "-c", "run it"],
    User: "me",
    StopSignal: "SIGINT",
  });
  expect(change(`ENV A=1 B="two words" C='$x' D=a\\ b`, "ENV A=2", "ENV OLD the rest").Env).toEqual([
    "A=2", "B=two words", "C=$x", "D=a b", "OLD=the rest",
  ]); // biome-ignore format: a list
  expect(change("EXPOSE 80 53/UDP", "VOLUME /a /b", 'VOLUME ["/c"]', "LABEL a=b")).toEqual({
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    Volumes: { "/a": {}, "/b": {}, "/c": {} },
    Labels: { a: "b" },
  });
  expect(change("WORKDIR /a", "WORKDIR b").WorkingDir).toBe("/a/b");
  expect(change("HEALTHCHECK --interval=1m30s --retries=3 CMD curl x").Healthcheck).toEqual({
    Interval: 90_000_000_000,
    Retries: 3,
    Test: ["CMD-SHELL", "curl x"],
  });
  expect(change("HEALTHCHECK NONE").Healthcheck).toEqual({ Test: ["NONE"] });
});

test("instructions that run something, or say nothing, are refused", () => {
  for (const text of ["RUN x", "COPY a b", "FROM x", "CMD", "EXPOSE abc", "LABEL x", "HEALTHCHECK --x=1 CMD y", ""]) {
    expect(() => change(text)).toThrow(`--change ${text}: `);
  }
});
