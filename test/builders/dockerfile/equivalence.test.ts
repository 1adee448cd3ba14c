import { expect, it } from "vitest";
import { allScenarios, settingsThemes } from "./all-scenarios.ts";
import { compareScenarios } from "./compare-scenario.ts";
import { differences } from "./differences.ts";

compareScenarios("strake build -f Dockerfile makes what BuildKit makes of settings", settingsThemes);

it("scenarios have a name each, and every difference names one", () => {
  const names = allScenarios.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(200);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(Object.keys(differences).filter((name) => !names.includes(name))).toEqual([]);
});
