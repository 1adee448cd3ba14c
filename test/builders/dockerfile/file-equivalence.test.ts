import { fileThemes } from "./all-scenarios.ts";
import { compareScenarios } from "./compare-scenario.ts";

compareScenarios("strake build -f Dockerfile makes what BuildKit makes of files", fileThemes);
