import { expect, test } from "vitest";
import { parseAttributes, parseCacheOption } from "./cache-option.ts";

test("a cache is said as for buildx", () => {
  expect(parseCacheOption("type=registry,ref=host/name:tag,mode=max")).toEqual({
    type: "registry",
    attributes: { ref: "host/name:tag", mode: "max" },
  });
  expect(parseCacheOption("host/name:tag")).toEqual({ type: "registry", attributes: { ref: "host/name:tag" } });
  expect(parseCacheOption("type=inline")).toEqual({ type: "inline", attributes: {} });
});

test("a value with a comma stands in quotes", () => {
  expect(parseAttributes(`type=s3,"name=a,b",x="`.slice(0, -1))).toEqual({ type: "s3", name: "a,b", x: "" });
  expect(parseAttributes(`"a=say ""hi""",B=c=d`)).toEqual({ a: 'say "hi"', b: "c=d" });
});

test.each(["ref=x", "type=registry", "type=local,mode=max", "type=local,oops", `"type=local`])(
  "%j is no cache",
  (text) => {
    expect(() => parseCacheOption(text)).toThrow(expect.objectContaining({ code: "invalid-options" }));
  },
);
