import type { Command } from "commander";
import { addGroupedCommand } from "./grouped-command.ts";
import { usageError } from "./usage-error.ts";

const noDaemon = "there is no daemon that keeps containers running: one ends with its strake run";

/** Commands of docker that have no place here, and what to do instead. */
const elsewhere: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  attach: [noDaemon, "Its output is that of strake run."],
  buildx: ["the options of buildx are those of build", "strake build … builds; --builder names who does it."],
  compose: [
    "programs of several containers are started elsewhere",
    "strake print --to compose writes a file for them.",
  ],
  cp: [
    "files are not copied out of containers",
    "strake build -o FOLDER writes an image's files; strake run -v shows some.",
  ],
  create: [noDaemon, "strake run creates a container and starts it."],
  exec: ["a container has one command", "Start another container with strake run."],
  info: ["there is no daemon to ask", "strake doctor tells what this machine can do."],
  kill: [noDaemon, "strake rm -f NAME ends its command and removes it."],
  logs: ["the output of containers is not kept", "It is that of strake run."],
  restart: [noDaemon, "strake run starts another."],
  start: [noDaemon, "strake run starts another."],
  stop: [noDaemon, "strake rm -f NAME ends its command and removes it."],
  system: ["there is no daemon to ask", "strake prune removes what has not been used for long."],
};

/**
 * Adds what people who know docker say besides: `container`, behind which docker has its commands for containers once
 * more, and commands that cannot be here, which say what there is instead.
 */
export function addDockerCommands(program: Command): void {
  addGroupedCommand(program, {
    name: "container",
    description: "docker's other way to say it: container ls is ps, container run is run, and so on",
    commands: { commit: "commit", list: "ps", ls: "ps", ps: "ps", remove: "rm", rm: "rm", run: "run" },
  });
  for (const [name, [why, instead]] of Object.entries(elsewhere)) {
    program
      .command(name, { hidden: true })
      .argument("[argument...]")
      .allowUnknownOption()
      .passThroughOptions()
      .helpOption(false)
      .action(() => {
        throw usageError(`${name}: ${why}`, instead);
      });
  }
}
