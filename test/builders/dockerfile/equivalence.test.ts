import { expect, it } from "vitest";
import { allScenarios, settingsThemes } from "./all-scenarios.ts";
import { compareScenarios } from "./compare-scenario.ts";
import { differences } from "./differences.ts";
import { oldDockerDifferences } from "./old-docker-differences.ts";

compareScenarios("every builder makes the same of a Dockerfile's settings", settingsThemes);

it("scenarios have a name each, and every difference names one", () => {
  const names = allScenarios.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(200);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  const known = [...Object.keys(differences), ...Object.keys(oldDockerDifferences)];
  expect(known.filter((name) => !names.includes(name))).toEqual([]);
});
