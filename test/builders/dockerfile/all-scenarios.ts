import { addScenarios } from "./add-scenarios.ts";
import { argumentScenarios } from "./argument-scenarios.ts";
import { commandScenarios } from "./command-scenarios.ts";
import { copyScenarios } from "./copy-scenarios.ts";
import { ignoreScenarios } from "./ignore-scenarios.ts";
import { runScenarios } from "./run-scenarios.ts";
import type { DockerfileScenario } from "./scenario.ts";
import { dockerfileScenarios } from "./scenarios.ts";
import { settingScenarios } from "./setting-scenarios.ts";
import { stageScenarios } from "./stage-scenarios.ts";
import { syntaxScenarios } from "./syntax-scenarios.ts";

/** Every Dockerfile that is built by both. */
export const allScenarios: readonly DockerfileScenario[] = [
  ...dockerfileScenarios,
  ...commandScenarios,
  ...syntaxScenarios,
  ...argumentScenarios,
  ...stageScenarios,
  ...runScenarios,
  ...copyScenarios,
  ...addScenarios,
  ...settingScenarios,
  ...ignoreScenarios,
];
