import { describe, expect, test } from "vitest";
import { files } from "../dsl/files.ts";
import { image } from "../dsl/image.ts";
import { secret } from "../dsl/mounts.ts";
import { canonicalJson } from "../hash/canonical-json.ts";
import { argument, interpolate, variable } from "../output/output.ts";
import { makePlan } from "./make-plan.ts";

const inputs = {
  resolution: new Map(),
  platform: { os: "linux", architecture: "amd64" },
  project: import.meta.dirname,
};

describe("makePlan", () => {
  test("takes arguments from the build, else their defaults, else what every build knows", () => {
    const version = argument("VERSION", interpolate`${argument("MAJOR", "1")}.0`);
    const labels = { version, for: argument("TARGETARCH"), on: argument("BUILDPLATFORM"), none: argument("NONE") };
    const labelled = image().from("scratch").label(labels).definition;
    const given = (...buildArgs: [string, string][]) => {
      const buildPlatform = { os: "linux", architecture: "arm64", variant: "v8" };
      const { plan } = makePlan(labelled, { ...inputs, buildPlatform, buildArgs: new Map(buildArgs) });
      return plan.image.config.Labels;
    };
    expect(given()).toEqual({ version: "1.0", for: "amd64", on: "linux/arm64/v8", none: "" });
    expect(given(["MAJOR", "2"])?.version).toBe("2.0");
    expect(given(["MAJOR", "2"], ["VERSION", "3"], ["TARGETARCH", "x"])).toMatchObject({ version: "3", for: "x" });
  });

  test("folds the folder, the variables and the user into a run", () => {
    const built = image()
      .from("scratch")
      .env({ A: "1" })
      .arg("V", "2")
      .workdir("/app")
      .user("node")
      .run("make", { mounts: [secret("token")] });
    const { plan } = makePlan(built.definition, inputs);
    const run = Object.values(plan.operations).find((operation) => operation.op === "run");
    expect(run).toMatchObject({ args: ["/bin/sh", "-c", "make"], cwd: "/app", user: "node" });
    expect(run?.op === "run" && run.env.slice(1)).toEqual(["A=1", "V=2"]);
    expect(plan.image.history.at(-1)?.created_by).toBe("RUN |1 V=2 /bin/sh -c make # buildkit");
  });

  test("has one entry in the history for several arguments, of which each sees those before it", () => {
    const built = image()
      .from("scratch")
      .arg({ A: "1", B: interpolate`${variable("A")}2` })
      .arg(["C", ["D", "4"], "TARGETOS"]);
    const { plan } = makePlan(built.definition, { ...inputs, buildArgs: new Map([["A", "x"]]) });
    expect(plan.image.history.map((entry) => entry.created_by)).toEqual(["ARG A=x B=x2", "ARG C D=4 TARGETOS=linux"]);
  });

  test("takes names with variables, names that stand twice, and several ports from one variable", () => {
    const built = image()
      .from("scratch")
      .env({ P: "9 10/udp", NONE: "" })
      .env([[interpolate`${variable("P").apply((it) => `p${it.length}`)}`, "1"]])
      .label([
        ["a", "1"],
        ["a", "2"],
      ])
      .expose(8, variable("P"), variable("NONE"), "70");
    const { config, history } = makePlan(built.definition, inputs).plan.image;
    expect(config.Env?.at(-1)).toBe("p8=1");
    expect(config.Labels).toEqual({ a: "2" });
    expect(Object.keys(config.ExposedPorts ?? {})).toEqual(["9/tcp", "10/udp", "70/tcp", "8/tcp"]);
    expect(history.map((entry) => entry.created_by).slice(2)).toEqual([
      "LABEL a=1 a=2",
      "EXPOSE [9/tcp 10/udp 70/tcp 8/tcp]",
    ]);
  });

  test("is the same whatever the checkout's folder is", () => {
    const make = () => image().from("scratch").copy(files("**"), "/srv/");
    const here = makePlan(make().definition, inputs);
    const there = makePlan(make().definition, inputs);
    expect(canonicalJson(here.plan)).toBe(canonicalJson(there.plan));
    expect(canonicalJson(here.plan)).not.toContain(import.meta.dirname);
    expect([...here.locals]).toEqual([[".", import.meta.dirname]]);
  });

  test("gives a shared beginning one operation", () => {
    const base = image().from("scratch").write("/etc/motd", "hello\n");
    const merged = image().from(base).copy("/etc/motd", "/a", { from: base });
    const { plan } = makePlan(merged.definition, inputs);
    expect(Object.values(plan.operations).map((operation) => operation.op)).toEqual(["files", "files"]);
  });

  test("ends in the merge of file systems that are laid over one another", () => {
    const one = image().from("scratch").write("/one", "1");
    const two = image().from("scratch").write("/two", "2");
    const { plan } = makePlan(one.merge(two).definition, inputs);
    expect(plan.operations[plan.result!]).toMatchObject({ op: "merge", inputs: { length: 2 } });
    expect(plan.image.history.map((entry) => entry.empty_layer ?? false)).toEqual([false, false]);
  });

  test("says which statement an unknown output waits for", () => {
    const base = image().from("scratch").run("date");
    const child = image().from("scratch").env({ BASE: base.digest });
    expect(makePlan(child.definition, inputs).pending).toEqual([
      { site: child.definition.site, waitsOn: base.definition.site },
    ]);
  });

  test("takes variables as they are at the statement", () => {
    const child = image()
      .from("scratch")
      .env({ A: "1" })
      .env({ A: "2", B: interpolate`${variable("A")}!` });
    expect(makePlan(child.definition, inputs).plan.image.config.Env?.slice(1)).toEqual(["A=2", "B=1!"]);
  });

  test("keeps a command that the stage has said when an entrypoint follows", () => {
    const both = image().from("scratch").cmd(["a"]).entrypoint(["b"]);
    expect(makePlan(both.definition, inputs).plan.image.config).toMatchObject({ Cmd: ["a"], Entrypoint: ["b"] });
    const next = image().from(both).entrypoint(["c"]);
    expect(makePlan(next.definition, inputs).plan.image.config).toMatchObject({ Cmd: null, Entrypoint: ["c"] });
  });
});
