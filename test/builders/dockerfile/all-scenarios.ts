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

/** How files are written, variables, and what the config says. */
export const settingsThemes: readonly DockerfileScenario[] = [
  ...dockerfileScenarios,
  ...syntaxScenarios,
  ...argumentScenarios,
  ...settingScenarios,
];

/** Commands and stages. */
export const commandThemes: readonly DockerfileScenario[] = [...commandScenarios, ...runScenarios, ...stageScenarios];

/** Files that are copied and added. */
export const fileThemes: readonly DockerfileScenario[] = [...copyScenarios, ...addScenarios, ...ignoreScenarios];

/** Every Dockerfile that is built by both; each test file has its own part, so that they run beside one another. */
export const allScenarios: readonly DockerfileScenario[] = [...settingsThemes, ...commandThemes, ...fileThemes];
