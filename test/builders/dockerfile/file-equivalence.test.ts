import { fileThemes } from "./all-scenarios.ts";
import { compareScenarios } from "./compare-scenario.ts";

compareScenarios("every builder makes the same of a Dockerfile's files", fileThemes);
