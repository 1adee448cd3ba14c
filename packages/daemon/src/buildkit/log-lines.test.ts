import { expect, it } from "vitest";
import { LogLines } from "./log-lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

it("takes a secret out that comes in pieces, and loses nothing else", () => {
  const log = new LogLines([bytes("opensesame\n"), bytes("open")]);
  const text = "say opensesame or open, and opens\n";
  for (let cut = 1; cut < text.length; cut++) {
    const step = String(cut);
    const told = [log.add(step, bytes(text.slice(0, cut))), log.add(step, bytes(text.slice(cut))), log.end(step)];
    expect(told.join("")).toBe("say *** or ***, and ***s\n");
    expect(log.last(step)).toEqual(["say *** or ***, and ***s"]);
  }
});

it("keeps steps apart, and tells what was held back at the end of each", () => {
  const log = new LogLines([bytes("opensesame")]);
  expect([log.add("one", bytes("an open")), log.add("two", bytes("sesame"))]).toEqual(["an ", "sesame"]);
  expect([log.end("one"), log.end("two"), log.end("three")]).toEqual(["open", "", ""]);
});
