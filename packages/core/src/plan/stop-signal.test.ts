import { expect, test } from "vitest";
import { isStopSignal } from "./stop-signal.ts";

test("signals are numbers and the names of Linux", () => {
  const signals = ["9", "-1", "TERM", "sigterm", "SIGRTMIN", "RTMIN+15", "rtmax-14"];
  expect(signals.filter((text) => !isStopSignal(text))).toEqual([]);
  const others = ["", "0", "SIG", "NOTHING", "RTMIN+16", "RTMAX-15", "RTMIN+0", "1.5"];
  expect(others.filter(isStopSignal)).toEqual([]);
});
