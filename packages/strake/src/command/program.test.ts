import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { makeProgram } from "./program.ts";
import type { Actions } from "./request.ts";

/** Parses a command line and gives the command and the request that it comes to. */
async function parse(args: string[], variables: Record<string, string> = {}): Promise<[string, unknown]> {
  const asked: [string, unknown][] = [];
  const record = (name: string) => async (request: unknown) => void asked.push([name, request]);
  const names = [
    "build",
    "check",
    "plan",
    "print",
    "graph",
    "inspect",
    "images",
    "rmi",
    "history",
    "import",
    "update",
    "outdated",
    "copy",
  ] as const;
  const actions = Object.fromEntries(names.map((name) => [name, record(name)])) as unknown as Actions;
  await makeProgram(actions, variables).parseAsync(args, { from: "user" });
  return asked[0]!;
}

const definition = {
  targets: [],
  places: [],
  stages: [],
  contexts: new Map(),
  buildArgs: new Map(),
  platforms: [],
  labels: {},
  annotations: {},
  pull: false,
  frozenLockfile: false,
  epoch: 0,
};

const commands = {
  hosts: [],
  secrets: new Map(),
  agents: new Map(),
  allow: new Set(),
  limits: {},
  noCacheFilter: [],
  shellOnFailure: false,
};

test("a command by itself asks for everything with its defaults", async () => {
  expect(await parse(["build"])).toEqual([
    "build",
    {
      ...definition,
      tags: [],
      outputs: [],
      load: false,
      push: false,
      tagByContent: false,
      builders: [],
      cacheFrom: [],
      cacheTo: [],
      attestations: new Map(),
      noCache: false,
      commands,
      progress: "auto",
    },
  ]);
  expect(await parse(["plan"])).toEqual([
    "plan",
    { ...definition, json: false, digests: false, noCache: false, commands },
  ]);
  expect(await parse(["graph"])).toEqual(["graph", { ...definition, format: "mermaid" }]);
  expect(await parse(["images"])).toEqual(["images", { quiet: false, digests: false, truncate: true }]);
  expect(await parse(["history", "x"])).toEqual(["history", { image: "x", quiet: false, human: true, truncate: true }]);
  expect(await parse(["inspect", "x", "y"])).toEqual(["inspect", { images: ["x", "y"] }]);
  expect(await parse(["import", "-"])).toEqual(["import", { file: "-", changes: [], epoch: 0 }]);
});

test("build takes docker's and buildx's flags", async () => {
  const args =
    "build web api --target job -f images.ts -t a:1 -t b --build-arg A --build-arg B=2 --platform linux/arm64,linux/amd64 " +
    "--label l=1 --annotation n=2 -o type=oci,dest=x.tar -o out --load --no-cache --pull --progress plain " +
    "--iidfile id --metadata-file meta --frozen-lockfile";
  expect(await parse(args.split(" "), { A: "1", SOURCE_DATE_EPOCH: "5" })).toEqual([
    "build",
    {
      targets: ["web", "api", "job"],
      places: ["web", "api"],
      stages: ["job"],
      contexts: new Map(),
      file: "images.ts",
      buildArgs: new Map([
        ["A", "1"],
        ["B", "2"],
      ]),
      platforms: [
        { os: "linux", architecture: "arm64" },
        { os: "linux", architecture: "amd64" },
      ],
      labels: { l: "1" },
      annotations: { n: "2" },
      pull: true,
      frozenLockfile: true,
      epoch: 5,
      tags: ["a:1", "b"],
      outputs: [
        { type: "oci", destination: "x.tar", tar: true, names: [] },
        { type: "local", destination: "out", tar: false, names: [] },
      ],
      load: true,
      push: false,
      tagByContent: false,
      builders: [],
      cacheFrom: [],
      cacheTo: [],
      attestations: new Map(),
      noCache: true,
      commands,
      progress: "plain",
      imageIdFile: "id",
      metadataFile: "meta",
    },
  ]);
  expect((await parse(["build", "-q"]))[1]).toMatchObject({ progress: "quiet" });
  for (const check of [["--check"], ["--call", "check"], ["--call=check"]]) {
    expect(await parse(["build", ".", "--target", "a", ...check])).toMatchObject([
      "check",
      { places: ["."], stages: ["a"] },
    ]);
  }
});

test("the lockfile is frozen in CI, unless somebody says otherwise", async () => {
  const frozen = async (args: string[], variables: Record<string, string>) => {
    const [, request] = await parse(["build", ...args], variables);
    const { frozenLockfile, frozenByCi } = request as { frozenLockfile: boolean; frozenByCi?: boolean };
    return [frozenLockfile, frozenByCi];
  };
  for (const CI of ["true", "1", "yes"]) expect(await frozen([], { CI })).toEqual([true, true]);
  for (const CI of ["", "false", "0"]) expect(await frozen([], { CI })).toEqual([false, undefined]);
  expect(await frozen(["--no-frozen-lockfile"], { CI: "true" })).toEqual([false, undefined]);
  expect(await frozen(["--frozen-lockfile"], { CI: "true" })).toEqual([true, undefined]);
});

test("the commands for the lockfile take names of images, and what a build is given", async () => {
  const nothing = { names: [], buildArgs: new Map(), platforms: [] };
  expect(await parse(["update"])).toEqual(["update", { ...nothing, packages: false, dryRun: false }]);
  expect(await parse(["outdated", "--json"])).toEqual(["outdated", { ...nothing, json: true }]);
  const args = "update debian:12 node -f a.ts --target x --build-arg A --platform arm64,amd64 --packages --dry-run";
  expect((await parse(args.split(" "), { A: "1" }))[1]).toEqual({
    names: ["debian:12", "node"],
    file: "a.ts",
    stage: "x",
    buildArgs: new Map([["A", "1"]]),
    platforms: [
      { os: "linux", architecture: "arm64" },
      { os: "linux", architecture: "amd64" },
    ],
    packages: true,
    dryRun: true,
  });
});

test("image has docker's names for what other commands do", async () => {
  const asked = ["images", { quiet: true, digests: false, truncate: true }];
  expect(await parse(["image", "ls", "-q"])).toEqual(asked);
  expect(await parse(["image", "list", "-q"])).toEqual(asked);
  expect(await parse(["image", "rm", "-f", "x"])).toEqual(["rmi", { images: ["x"], force: true }]);
  expect((await parse(["image", "inspect", "-f", "{{.Id}}", "x"]))[1]).toMatchObject({ format: "{{.Id}}" });
  await expect(parse(["image", "sl"])).rejects.toThrow("unknown command 'image sl'");
  await expect(parse(["image"])).rejects.toThrow("a command is missing behind image");
  await expect(parse(["image", "ls", "--nope"])).rejects.toThrow("unknown option '--nope'");
});

test("the other commands take docker's flags", async () => {
  expect(await parse(["images", "-q", "--digests", "--no-trunc", "--format", "json", "debian"])).toEqual([
    "images",
    { name: "debian", quiet: true, digests: true, truncate: false, format: "json" },
  ]);
  expect(await parse(["history", "--no-trunc", "--no-human", "-q", "x"])).toEqual([
    "history",
    { image: "x", quiet: true, human: false, truncate: false },
  ]);
  expect(
    await parse(["import", "a.tar", "x:1", "-c", "CMD x", "-c", "USER y", "-m", "hi", "--platform", "arm64"]),
  ).toEqual([
    "import",
    {
      file: "a.tar",
      reference: "x:1",
      changes: ["CMD x", "USER y"],
      message: "hi",
      platform: { os: "linux", architecture: "arm64" },
      epoch: 0,
    },
  ]);
  expect((await parse(["images", "-a", "-f", "dangling=1", "--filter", "label=a=b"]))[1]).toMatchObject({
    filters: [
      { key: "dangling", value: "true" },
      { key: "label", value: "a=b" },
    ],
  });
  expect(await parse(["copy", "--platform", "arm64", "-q", "a", "oci:b"])).toEqual([
    "copy",
    { source: "a", destination: "oci:b", progress: "quiet", platform: { os: "linux", architecture: "arm64" } },
  ]);
  expect((await parse(["print", "web", "--to", "plan", "--dest", "out"]))[1]).toMatchObject({
    targets: ["web"],
    to: "plan",
    destination: "out",
  });
  expect((await parse(["print", "--to", "compose", "-o", "compose.yaml"]))[1]).toMatchObject({
    to: "compose",
    destination: "compose.yaml",
  });
});

test("one parse leaves nothing behind for the next", async () => {
  await parse(["build", "-t", "a"]);
  expect((await parse(["build", "-t", "b"]))[1]).toMatchObject({ tags: ["b"] });
});

test("mistakes are thrown, with what was meant where that is clear", async () => {
  await expect(parse(["buidl"])).rejects.toThrow(/unknown command 'buidl'\n\(Did you mean build\?\)/);
  await expect(parse(["build", "--platfrom", "x"])).rejects.toThrow(CommanderError);
  await expect(parse(["print"])).rejects.toThrow("required option '--to <form>' not specified");
  await expect(parse(["build", "--progress", "loud"])).rejects.toThrow(
    "Allowed choices are auto, plain, json, rawjson, quiet",
  );
  await expect(parse(["build", "--platform", "a/b/c/d"])).rejects.toThrow('"a/b/c/d" is not a platform');
  await expect(parse(["build", "-o", "type=x,dest=y"])).rejects.toThrow('there is no type "x"');
  await expect(parse(["images", "a", "b"])).rejects.toThrow("too many arguments");
  await expect(parse(["build"], { SOURCE_DATE_EPOCH: "soon" })).rejects.toThrow("soon");
});

test("build takes what commands may do", async () => {
  const args =
    "build --network none --add-host db:10.0.0.1 --secret id=a,src=file --secret id=b,env=B --secret id=c --secret id=d --ssh default --ssh other=/s " +
    "--allow security.insecure --shm-size 1g --ulimit nofile=5:6 --memory 64m --cpus 1.5 --step-timeout 2 -j 3 " +
    "--isolation runc --no-cache-filter web --on-failure shell";
  const [, request] = await parse(args.split(" "), { SSH_AUTH_SOCK: "/agent", c: "secret" });
  expect(request).toMatchObject({
    noCache: false,
    commands: {
      network: "none",
      hosts: [{ name: "db", address: "10.0.0.1" }],
      secrets: new Map<string, unknown>([
        ["a", { file: "file" }],
        ["b", { env: "B" }],
        ["c", { env: "c" }],
        ["d", { file: "d" }],
      ]),
      agents: new Map([
        ["default", "/agent"],
        ["other", "/s"],
      ]),
      allow: new Set(["security.insecure"]),
      limits: {
        shmSize: 2 ** 30,
        ulimits: [{ name: "nofile", soft: 5, hard: 6 }],
        memory: 64 * 2 ** 20,
        cpus: 1.5,
        timeout: 2000,
      },
      jobs: 3,
      isolation: "runc",
      noCacheFilter: ["web"],
      shellOnFailure: true,
    },
  });
});

test.each([
  ["--secret file", '--secret file: it does not say what "file" is'],
  ["--secret id=a,b=c", 'there is no "b"'],
  ["--ssh default", "no agent is running"],
  ["--allow everything", "expected network.host or security.insecure"],
  ["--add-host name", "expected NAME:ADDRESS"],
  ["--memory much", "expected a size"],
  ["--memory 10k", "a command needs 6m at least"],
  ["--ulimit nofile", "expected NAME=SOFT:HARD"],
  ["--jobs 0", "expected a number of at least 1"],
])("build refuses %s", async (args, message) => {
  await expect(parse(["build", ...args.split(" ")])).rejects.toThrow(message);
});

test("help tells defaults that say something, and no others", () => {
  const build = makeProgram({} as Actions, {}).commands.find((command) => command.name() === "build");
  const help = build?.helpInformation() ?? "";
  expect(help).toContain('default: "build"');
  expect(help).not.toMatch(/default: (false|true|\[\])/);
});

test("help is a command too, also for a command of a command", async () => {
  const told = async (...words: string[]) => {
    let text = "";
    const program = makeProgram({} as Actions, {});
    const write = (more: string) => {
      text += more;
    };
    const all = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
    for (const command of all) command.configureOutput({ writeOut: write });
    await program.parseAsync(["help", ...words], { from: "user" });
    return text;
  };
  expect(await told()).toContain("Usage: strake [options] [command]");
  expect(await told("rmi")).toContain("Usage: strake rmi ");
  expect(await told("cache", "rm")).toContain("Usage: strake cache rm ");
  await expect(told("nothing")).rejects.toThrow("unknown command 'nothing'");
});
