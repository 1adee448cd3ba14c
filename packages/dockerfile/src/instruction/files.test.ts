import { expect, test } from "vitest";
import { printDockerfile } from "../print-dockerfile.ts";
import { readDockerfile } from "../read/read-dockerfile.ts";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";

test("heredocs of a copy are printed with it, and read back as the same", () => {
  const read = (text: string) =>
    readDockerfile(parseDockerfile(text, { file: "/p/Dockerfile" }), { context: "/p", platform: "linux/amd64" });
  const text = 'FROM scratch\nCOPY --chown=1 <<"one" <<"two" a /d/\n$1\none\n2\ntwo\nADD <<"E" /e\n3\nE\n';
  const printed = printDockerfile(read(text).definition, { project: "/p", syntax: false }).text;
  expect(printed).toBe(text);
});
