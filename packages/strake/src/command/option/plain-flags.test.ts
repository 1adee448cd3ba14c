import { expect, test } from "vitest";
import { makeProgram } from "../program.ts";
import type { Actions } from "../request.ts";
import { plainFlags } from "./plain-flags.ts";

const plain = (...args: string[]) => plainFlags(makeProgram({} as Actions, {}), args).join(" ");

test("a flag with a value is there or not, in every command", () => {
  expect(plain("build", "--pull=true", "--load=1", "--push=FALSE", "-q=t", ".")).toBe("build --pull --load -q .");
  expect(plain("build", "--no-cache=false", "--no-cache=true")).toBe("build --no-cache");
  expect(plain("images", "--quiet=true", "-a=f", "name")).toBe("images --quiet name");
  expect(plain("cache", "export", "--x=0")).toBe("cache export --x=0");
});

test("a flag with an opposite says it", () => {
  expect(plain("build", "--frozen-lockfile=false")).toBe("build --no-frozen-lockfile");
  expect(plain("build", "--no-frozen-lockfile=false")).toBe("build --frozen-lockfile");
});

test("what is no flag, no truth value, or another's stays as it is", () => {
  expect(plain("build", "--label", "--pull=false", "--sbom=false", "--rm=perhaps")).toBe(
    "build --label --pull=false --sbom=false --rm=perhaps",
  );
  expect(plain("build", "--", "--pull=false")).toBe("build -- --pull=false");
  expect(plain("run", "--rm=true", "-e", "A=1", "image", "command", "--rm=true")).toBe(
    "run --rm -e A=1 image command --rm=true",
  );
});
