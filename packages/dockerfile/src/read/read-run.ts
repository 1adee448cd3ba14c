import type { Command, Mount } from "@strake/core";
import { heredocText, readHeredocMarker } from "../syntax/heredoc-markers.ts";
import type { Instruction } from "../syntax/tree.ts";
import { CheckedFlags } from "./checked-flags.ts";
import type { NewStep } from "./new-step.ts";
import { readMount } from "./read-mount.ts";
import type { StageScope } from "./stage-scope.ts";

/**
 * Reads RUN.
 *
 * @throws StrakeError `unsupported-device` for `--device`, which only BuildKit's own builder can give
 */
export function readRun(scope: StageScope, instruction: Instruction): readonly NewStep[] {
  const { source } = scope.reading;
  const flags = new CheckedFlags(source, instruction, {
    mount: "list",
    network: "string",
    security: "string",
    device: "list",
  });
  const device = flags.find("device");
  if (device !== undefined) {
    const note = "Build this file with the builder of a BuildKit daemon, which has them.";
    throw source.error(device.span.start.offset, "unsupported-device", "RUN --device needs devices of a daemon", note);
  }
  const command = readCommand(scope, instruction);
  const namespace = scope.reading.options.buildArgs?.get("BUILDKIT_CACHE_MOUNT_NS");
  const mounts = flags.list("mount").map((flag): Mount => {
    const at = flag.span.start.offset;
    return readMount(flag.value as string, {
      expand: (text) => scope.expand(text, instruction),
      from: (name) => scope.reading.copyFrom(name, scope.stage, at),
      context: { type: "context", root: scope.reading.options.context },
      cacheNamespace: namespace ? `${namespace}/` : "",
      fail: (message) => source.error(at, "dockerfile-mount", message),
    });
  });
  const network = choice(scope, instruction, flags, "network", ["default", "none", "host"] as const);
  const security = choice(scope, instruction, flags, "security", ["sandbox", "insecure"] as const);
  return [
    {
      kind: "run",
      command,
      mounts,
      ...(network === undefined ? {} : { network }),
      ...(security === undefined ? {} : { security }),
      ...historyOf(scope, command),
    },
  ];
}

function readCommand(scope: StageScope, instruction: Instruction): Command {
  const words = instruction.words.map((word) => word.value);
  if (instruction.form === "json") {
    if (words.length > 0) return { form: "exec", args: words };
    throw scope.fail(instruction, "RUN [] has no program to run");
  }
  const text = words[0] ?? "";
  const heredoc = instruction.heredocs[0];
  if (heredoc === undefined) return { form: "shell", text };
  if (readHeredocMarker(text) === undefined) {
    const bodies = instruction.heredocs.map((found) => `\n${found.content}${found.name}`);
    return { form: "shell", text: text + bodies.join("") };
  }
  const body = heredocText(heredoc);
  if (!body.startsWith("#!")) return { form: "shell", text: body };
  const end = body.indexOf("\n");
  return { form: "script", interpreter: body.slice(2, end), text: body.slice(end + 1), name: heredoc.name };
}

/** A history text of its own where arguments without a value take part in it, which the plan leaves out. */
function historyOf(scope: StageScope, command: Command): { history?: string } {
  const { args, env } = scope;
  if ([...args].every(([name, value]) => value !== undefined || env.has(name))) return {};
  const values = [...args].map(([name, value]) => `${name}=${env.get(name) ?? value ?? ""}`);
  const words: readonly unknown[] =
    command.form === "exec"
      ? command.args
      : command.form === "shell"
        ? [...scope.shell, command.text]
        : [...scope.shell, `/dev/pipes/${"name" in command ? command.name : "EOF"}`];
  return { history: `RUN |${values.length} ${values.join(" ")} ${words.join(" ")} # buildkit` };
}

function choice<T extends string>(
  scope: StageScope,
  instruction: Instruction,
  flags: CheckedFlags,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = flags.string(name);
  if (value === undefined || choices.includes(value as T)) return value as T | undefined;
  throw scope.fail(instruction, `invalid ${name} mode "${value}"; it is one of ${choices.join(", ")}`);
}
