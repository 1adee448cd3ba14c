import { makePlan, StrakeError } from "@strake/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import { keywords } from "../syntax/tree.ts";
import { readDockerfile } from "./read-dockerfile.ts";

const words = [
  ..."a=b|A|$A|${A:-b}|${A/a/b}|--from=0|--from=x|--link|--chmod=7|--mount=type=cache,target=/c|--mount=from=s0,target=b".split(
    "|",
  ),
  ...'--interval=1s|CMD|NONE|["a","b"]|[|"|\'|\\|80/udp|1-70000|/x/|.|<<E|https://h/f|git@h:r.git|SIGTERM|--|x y|__proto__=1|constructor'.split(
    "|",
  ),
];
const line = fc
  .tuple(
    fc.constantFrom(...keywords.filter((keyword) => keyword !== "from")),
    fc.array(fc.constantFrom(...words), { maxLength: 4 }),
  )
  .map(([keyword, rest]) => `${keyword} ${rest.join(" ")}`);

test("reading and planning fail only with an error that names a line", () => {
  let planned = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 3 }), fc.boolean(), (lines, staged) => {
      const text = `FROM scratch AS s0\nENV A=1\n${staged ? "FROM s0\n" : ""}${lines.join("\n")}\nE\n`;
      try {
        const tree = parseDockerfile(text.endsWith("E\n") && text.includes("<<E") ? text : text.slice(0, -2), {
          file: "/D",
        });
        const { definition } = readDockerfile(tree, { context: "/p", platform: "linux/amd64" });
        makePlan(definition, {
          resolution: new Map(),
          platform: { os: "linux", architecture: "amd64" },
          project: "/p",
        });
        planned++;
      } catch (error) {
        if (!(error instanceof StrakeError)) throw error;
        expect(error.site).toBeDefined();
      }
    }),
    { numRuns: 3000 },
  );
  expect(planned).toBeGreaterThan(100);
});
