import { type BuildEvent, type BuildOptions, type Operation, operationId, type Plan } from "@strake/core";
import { parsePlatform } from "@strake/oci";
import { expect, onTestFinished, test, vi } from "vitest";
import type { TargetSolution } from "../compose/target-solution.ts";
import { fitPlatforms } from "./commands-of.ts";
import { Fleet, type FleetMember, type FleetPorts } from "./fleet.ts";

/** A builder that does what the test says, when it says so. */
class Bench {
  readonly building: string[] = [];
  readonly #ends = new Map<string, { done(): void; fail(error: Error): void }>();
  readonly member: FleetMember;
  isDead = false;

  constructor(name: string, options: { jobs?: number; native?: string[]; emulated?: string[] } = {}) {
    const { jobs = 1, native = ["linux/amd64"], emulated = [] } = options;
    const offered = [
      ...native.map((text) => ({ platform: parsePlatform(text), isNative: true })),
      ...emulated.map((text) => ({ platform: parsePlatform(text), isNative: false })),
    ];
    this.member = {
      name,
      label: name,
      jobs,
      opened: {
        name,
        fit: async (plan) => fitPlatforms(plan, offered),
        solve: (_plan, _options, image) =>
          new Promise<TargetSolution>((resolve, reject) => {
            this.building.push(image);
            this.#ends.set(image, { done: () => resolve({} as TargetSolution), fail: reject });
          }),
        lossOf: async () => (this.isDead ? "it died" : undefined),
        close: () => {
          for (const { fail } of this.#ends.values()) fail(new Error("closed"));
        },
      },
    };
  }

  async finish(image: string): Promise<void> {
    this.#ends.get(image)?.done();
    await settled();
  }

  async fail(image: string, code?: string): Promise<void> {
    this.#ends.get(image)?.fail(Object.assign(new Error(`${image} failed`), { code }));
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function fleetOf(benches: readonly Bench[], ports: Partial<FleetPorts> = {}) {
  const events: BuildEvent[] = [];
  const fleet = new Fleet(
    benches.map(({ member }) => member),
    { report: (event) => events.push(event), signal: new AbortController().signal, before: new Map(), ...ports },
  );
  const solve = async (...images: string[]) => {
    const solving = images.map((image) => {
      const [name = "", platform = "linux/amd64"] = image.split(" ");
      const solved = fleet.solve(planOf(platform), {} as BuildOptions, name);
      return solved.then(
        () => "built",
        (error: Error & { notes?: string[] }) => [error.message, ...(error.notes ?? [])].join("\n"),
      );
    });
    await settled();
    return solving;
  };
  return { fleet, events, solve };
}

function planOf(platform: string): Plan {
  const run: Operation = {
    op: "run",
    input: null,
    args: ["true"],
    env: [],
    cwd: "/",
    user: "",
    mounts: [],
    network: "default",
    security: "sandbox",
    platform,
    cache: true,
  };
  const image = { architecture: "", os: "linux", config: {}, history: [], epoch: 0 };
  return { version: "strake.v1", platform, operations: { [operationId(run)]: run }, result: operationId(run), image };
}

test("images are spread, and who is done gets the next", async () => {
  const [one, two] = [new Bench("one"), new Bench("two")];
  const { solve, fleet } = fleetOf([one, two]);
  await solve("a", "b", "c", "d");
  expect([one.building, two.building]).toEqual([["a"], ["b"]]);
  await two.finish("b");
  await two.finish("c");
  expect([one.building, two.building]).toEqual([["a"], ["b", "c", "d"]]);
  await one.finish("a");
  await two.finish("d");
  expect(fleet.summary()).toEqual(["one built 1 image: a", "two built 3 images: b, c, d"]);
});

test("an image goes to the processor it is for, and is emulated only where nobody has that", async () => {
  const one = new Bench("one", { jobs: 9, emulated: ["linux/arm64", "linux/riscv64"] });
  const two = new Bench("two", { jobs: 9, native: ["linux/arm64"] });
  const { solve, fleet } = fleetOf([one, two]);
  const [, , , refused] = await solve("a linux/arm64", "b linux/riscv64", "c linux/amd64", "d linux/s390x");
  expect([one.building, two.building]).toEqual([["b", "c"], ["a"]]);
  await one.finish("c");
  await two.finish("a");
  expect(fleet.summary()).toEqual(["one built 1 image: c linux/amd64", "two built 1 image: a linux/arm64"]);
  expect(await refused).toContain("no builder can build d linux/s390x\none: it runs no commands of linux/s390x");
});

test("what a lost builder had is built elsewhere, and a failing step is not", async () => {
  const [one, two] = [new Bench("one", { jobs: 2 }), new Bench("two", { jobs: 2 })];
  const { solve, fleet, events } = fleetOf([one, two]);
  const solving = await solve("a", "b", "c", "d");
  expect([one.building, two.building]).toEqual([
    ["a", "c"],
    ["b", "d"],
  ]);
  await two.fail("b");
  expect(await solving[1]).toBe("b failed");
  one.isDead = true;
  await one.fail("a");
  expect(events).toEqual([{ type: "warning", message: "the builder one is left out: it died" }]);
  await two.finish("d");
  for (const image of ["a", "c"]) await two.finish(image);
  expect(await Promise.all(solving)).toEqual(["built", "b failed", "built", "built"]);
  expect(fleet.summary()[0]).toBe("one built nothing: it died");
});

test("when all are lost, each is named with its reason", async () => {
  const [one, two] = [new Bench("one"), new Bench("two")];
  const { solve } = fleetOf([one, two]);
  const solving = await solve("a", "b", "c");
  one.isDead = true;
  two.isDead = true;
  await one.fail("a");
  await two.fail("b");
  for (const each of solving)
    expect(await each).toMatch(/^no builder can build . linux.amd64\none: it died\ntwo: it died/);
  const lost = (name: string): FleetMember => ({ name, label: name, jobs: 1, opened: { lost: "it is not there" } });
  const ports = { report: () => undefined, signal: new AbortController().signal, before: new Map() };
  expect(() => new Fleet([lost("one"), lost("two")], ports)).toThrow("no builder answers");
});

test("an image waits a while for the builder that has built it before, and no longer", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const [one, two] = [new Bench("one"), new Bench("two")];
  const before = new Map(["a", "b", "c"].map((name) => [`${name} linux/amd64`, "two"]));
  const { solve } = fleetOf([one, two], { before, patience: 100 });
  await solve("a", "b");
  expect([one.building, two.building]).toEqual([[], ["a"]]);
  await two.finish("a");
  await solve("c");
  await vi.advanceTimersByTimeAsync(99);
  expect([one.building, two.building]).toEqual([[], ["a", "b"]]);
  await vi.advanceTimersByTimeAsync(2);
  expect(one.building).toEqual(["c"]);
});

test("what one builder cannot do is tried at the others, and fails as it does at the last", async () => {
  const [one, two] = [new Bench("one"), new Bench("two")];
  const { solve, events } = fleetOf([one, two]);
  const [solving] = await solve("a");
  await one.fail("a", "entitlement-refused");
  expect([one.building, two.building]).toEqual([["a"], ["a"]]);
  await two.fail("a", "entitlement-refused");
  expect(await solving).toBe("a failed");
  expect(events).toEqual([]);
});
