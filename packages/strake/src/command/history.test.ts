import { type ImageConfig, parseDigest } from "@strake/oci";
import { expect, test } from "vitest";
import { printHistory } from "./history.ts";

const id = parseDigest(`sha256:${"ab".repeat(32)}`);
const config: ImageConfig = {
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: [] },
  history: [
    { created: "1970-01-01T00:00:01Z", created_by: "/bin/sh -c #(nop) ADD file:x in / " },
    { created: "1970-01-01T00:00:01Z", created_by: "ENV A=1", empty_layer: true },
    { created_by: "RUN one \\\n  two and something that is much longer than a column", comment: "c" },
  ],
};
const request = { image: "x", quiet: false, human: true, truncate: true };

test("sizes belong to the statements that made a layer, and long statements are cut", () => {
  expect(printHistory(id, config, [1000, 2_500_000], request, 86_400_000 * 400)).toBe(
    [
      "IMAGE          CREATED         CREATED BY                                      SIZE      COMMENT",
      "abababababab   N/A             RUN one \\ two and something that is much lon…   2.5MB     c",
      "<missing>      13 months ago   ENV A=1                                         0B        ",
      "<missing>      13 months ago   /bin/sh -c #(nop) ADD file:x in /               1kB       ",
      "",
    ].join("\n"),
  );
});

test("what programs read is as docker writes it", () => {
  const lines = printHistory(id, config, [1000, 2_500_000], { ...request, format: "json" }, 86_400_000 * 400).split(
    "\n",
  );
  expect(lines[1]).toContain('"ID":"\\u003cmissing\\u003e"');
  expect(JSON.parse(lines[1] as string)).toMatchObject({ ID: "<missing>", CreatedAt: "1970-01-01T00:00:01Z" });
  const comments = printHistory(id, config, [1000], { ...request, quiet: true, format: "{{.Comment}}" }, Date.now());
  expect(comments).toBe("c\n\n\n");
});

test("what was built without a time has no age, and for programs the time is told as it is", () => {
  const old = { ...config, history: [{ created: "1970-01-01T00:00:00Z", created_by: "x" }] };
  expect(printHistory(id, old, [1], { ...request, format: "{{.CreatedSince}}" }, Date.now())).toBe("N/A\n");
  const lines = printHistory(id, old, [1], { ...request, human: false }, Date.now()).split("\n");
  expect(lines[0]).toMatch(/^IMAGE +CREATED AT +CREATED BY/);
  expect(lines[1]).toMatch(/1970-01-01T00:00:00Z +x +1 /);
});
