import { sha256 } from "@strake/oci";
import { expect, it } from "vitest";
import { pushWords } from "./transfer-words.ts";
import { startTransfers, type Transfers } from "./transfers.ts";

const [one, two] = [sha256("one"), sha256("two")];
const short = (digest: string) => digest.slice(7, 19);

function shown(mode: "auto" | "plain" | "json" | "quiet", isTTY: boolean, act: (transfers: Transfers) => void): string {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const stream = { isTTY, columns: 60, rows: 20, write };
  const transfers = startTransfers(mode, stream, { TERM: "xterm", NO_COLOR: "1" }, pushWords);
  act(transfers);
  transfers.end();
  return text;
}

function push(transfers: Transfers): void {
  transfers.say("The push refers to app:1");
  const watch = transfers.watch("app:1");
  const [sent, there] = [watch({ digest: one, size: 2_000_000 }), watch({ digest: two, size: 10 })];
  sent.moved(0);
  sent.moved(500_000);
  there.ended("there");
  sent.moved(2_000_000);
  sent.ended("sent");
}

it("is lines like docker's where there is no terminal: one when a blob begins to move, one at its end", () => {
  const lines = [
    "The push refers to app:1",
    `${short(one)}: Pushing 2MB`,
    `${short(two)}: Layer already exists 10B`,
    `${short(one)}: Pushed 2MB`,
    "",
  ];
  expect(shown("auto", false, push).split("\n")).toEqual(lines);
  expect(shown("plain", true, push).split("\n")).toEqual(lines);
});

it("numbers blobs that are packed on their way, and tells their sizes at the end", () => {
  const text = shown("plain", true, (transfers) => {
    const watch = transfers.watch("app:1");
    const [first, second] = [watch({}), watch({})];
    first.moved(0);
    second.moved(0);
    second.moved(2000);
    second.ended("sent");
    first.moved(1000);
    first.ended("sent");
  });
  expect(text).toBe("layer 1: Pushing\nlayer 2: Pushing\nlayer 2: Pushed 2kB\nlayer 1: Pushed 1kB\n");
});

it("is events as JSON, without those in between", () => {
  const events = shown("json", true, push)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; title?: string; size?: number; cached?: boolean });
  expect(events.map(({ type }) => type)).toEqual(["note", "started", "started", "finished", "finished"]);
  expect(events[1]).toMatchObject({ title: `pushing ${short(one)}`, image: "app:1" });
  expect(events.slice(3)).toMatchObject([{ cached: true }, { cached: false, size: 2_000_000 }]);
});

it("is drawn on a terminal, with the bytes of each blob, and ends with what was done", () => {
  const text = shown("auto", true, push);
  expect(text).toContain("The push refers to app:1");
  expect(text).toMatch(/\[\+\] Pushed \d\S*s \(2\/2\)/);
  expect(text).toMatch(new RegExp(` => \\[app:1\\] pushing ${short(one)} +2MB +0\\.0s`));
  expect(text).toMatch(new RegExp(` => CACHED \\[app:1\\] pushing ${short(two)} +0\\.0s`));
});

it("says that it was stopped where a blob could not be moved", () => {
  const text = shown("auto", true, (transfers) => transfers.watch("app:1")({ digest: one, size: 1 }).ended("failed"));
  expect(text).toContain("[+] Stopped");
  expect(text).toContain("ERROR [app:1] pushing");
});

it("is nothing where it is to be quiet", () => {
  expect(shown("quiet", true, push)).toBe("");
});
