import { fromBinary } from "@bufbuild/protobuf";
import {
  type FileAction,
  type Operation,
  operationId,
  type Plan,
  type PlannedStep,
  type RunOperation,
} from "@strake/core";
import { expect, test } from "vitest";
import { OpSchema } from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";
import { compilePlan } from "./compile-plan.ts";

const local: Operation = { op: "source", source: { type: "local", name: "web" } };
const copy = {
  action: "copy",
  from: operationId(local),
  sources: [{ path: "a" }],
  destination: "/x",
  intoDirectory: false,
  permissions: "normal",
  rules: "strict",
} as const satisfies FileAction;
const run: RunOperation = {
  op: "run",
  input: null,
  args: ["/make"],
  env: ["A=1"],
  cwd: "/",
  user: "",
  mounts: [],
  network: "default",
  security: "sandbox",
  platform: "linux/amd64",
  cache: true,
};

function planOf(...operations: readonly Operation[]): Plan {
  const ids = operations.map(operationId);
  const image = { architecture: "amd64", os: "linux", config: {}, history: [], epoch: 0 };
  const entries = operations.map((operation, at) => [ids[at], operation]);
  const result = ids.at(-1) ?? null;
  return { version: "strake.v1", platform: "linux/amd64", operations: Object.fromEntries(entries), result, image };
}

const operationsOf = (plan: Plan) => compilePlan(plan).definition.def.map((bytes) => fromBinary(OpSchema, bytes));

test("an image of nothing is a definition of nothing", () => {
  expect(compilePlan(planOf()).definition.def).toEqual([]);
});

test("one transfer of a folder has what every copy reads, and nothing else", () => {
  const second = { ...copy, sources: [{ path: "dir/b" }, { base: ".", include: ["c"], exclude: [] }] };
  const plan = planOf(local, { op: "files", input: null, actions: [copy, second] });
  const [source] = operationsOf(plan);
  expect(source?.op).toMatchObject({
    case: "source",
    value: { identifier: "local://web", attrs: { "local.followpaths": '["a","c","dir/b"]' } },
  });
});

test("files with modes of their own, and chosen by globs that BuildKit lacks, are read apart", () => {
  const source = { ...copy, permissions: "source" as const };
  const globs = { ...copy, sources: [{ base: ".", include: ["@(a|b)"], exclude: [] }] };
  const { locals } = compilePlan(planOf(local, { op: "files", input: null, actions: [copy, source, globs] }));
  expect(
    locals.map(({ name, permissions, selection }) => [name.slice(0, 13), permissions, selection?.include]),
  ).toEqual([
    ["web", "normal", undefined],
    ["web as it is", "source", undefined],
    [expect.stringMatching(/^web [0-9a-f]+$/), "normal", ["@(a|b)"]],
  ]);
});

test("globs that BuildKit lacks are refused for the files of an image", () => {
  const base: Operation = { op: "files", input: null, actions: [{ action: "makeDirectory", path: "/a", mode: 0o755 }] };
  const globs = { ...copy, from: operationId(base), sources: [{ base: ".", include: ["@(a|b)"], exclude: [] }] };
  expect(() => compilePlan(planOf(base, { op: "files", input: null, actions: [globs] }))).toThrow(
    expect.objectContaining({ code: "unsupported-by-buildkit" }),
  );
});

test("lines of the build file ride beside the operations, and change no digest of them", () => {
  const site = { file: "/project/build.ts", line: 3, column: 5 };
  const step: PlannedStep = { id: operationId(run), title: "RUN /make", site, image: "web" };
  const sourceText = () => ({ name: "build.ts", text: "line 1\n" });
  const plain = compilePlan(planOf(run));
  const told = compilePlan(planOf(run), { steps: [step], sourceText });
  const [digest = ""] = [...told.operations.keys()];
  expect(told.definition.def).toEqual(plain.definition.def);
  expect(told.definition.Source?.infos.map(({ filename }) => filename)).toEqual(["build.ts"]);
  expect(told.definition.Source?.locations[digest]?.locations[0]?.ranges[0]?.start).toMatchObject({ line: 3 });
  expect(told.definition.metadata[digest]?.description).toEqual({ "llb.customname": "[web] RUN /make" });
});

test("commands get the network, hosts and limits of the build, and say which rights they want", () => {
  const limits = { memory: 1 << 20, cpus: 0.5, shmSize: 4096, ulimits: [{ name: "nofile", soft: 1, hard: 2 }] };
  const commands = { network: "host", hosts: [{ name: "h", address: "10.0.0.1" }], limits } as const;
  const { definition, entitlements, operations } = compilePlan(planOf(run), { commands });
  const [digest = ""] = [...operations.keys()];
  const operation = fromBinary(OpSchema, definition.def[0] as Uint8Array);
  expect(entitlements).toEqual(["network.host"]);
  expect(definition.metadata[digest]?.linuxResources).toMatchObject({ memory: 1n << 20n, cpuQuota: 50_000n });
  expect(operation.op.value).toMatchObject({
    network: 1,
    meta: { extraHosts: [{ Host: "h", IP: "10.0.0.1" }], ulimit: [{ Name: "nofile", Soft: 1n, Hard: 2n }] },
  });
  const proxy = new Map([["http_proxy", "p"]]);
  const told = compilePlan(planOf(run), { commands: { proxy, hostname: "h" } });
  expect(fromBinary(OpSchema, told.definition.def[0] as Uint8Array).op.value).toMatchObject({
    meta: { proxyEnv: { httpProxy: "p", noProxy: "" }, hostname: "h" },
  });
  expect(() => compilePlan(planOf(run), { commands: { limits: { timeout: 1 } } })).toThrow("cannot limit the time");
});

test("a step that is not to be cached is done again, and others are not", () => {
  const later = { ...run, input: operationId(run), cache: false };
  const { definition, operations } = compilePlan(planOf(run, later));
  expect([...operations.keys()].map((digest) => definition.metadata[digest]?.ignoreCache)).toEqual([false, true]);
  const all = compilePlan(planOf(run, later), { noCache: true });
  expect([...all.operations.keys()].map((digest) => all.definition.metadata[digest]?.ignoreCache)).toEqual([
    true,
    true,
  ]);
});
