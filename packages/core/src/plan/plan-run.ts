import { printPlatform } from "@strake/oci/document";
import type { Mount, RunNode } from "../graph/definition.ts";
import { baseName, cleanPath, joinPath } from "../graph/posix-path.ts";
import type { TextValue } from "../output/expression.ts";
import { StrakeError } from "../strake-error.ts";
import { withHistory } from "./history.ts";
import type { Input, RunMount, RunOperation } from "./operation.ts";
import type { PlanContext } from "./plan-context.ts";
import { copyInput } from "./plan-files.ts";
import { defaultShell, type State } from "./state.ts";

/** The folder in which a script is offered to its interpreter, as in BuildKit. */
const scriptFolder = "/dev/pipes";

/** Folds `run` into the state: one layer. */
export function planRun(context: PlanContext, state: State, node: RunNode): State {
  const { args, title, script } = commandArguments(context, state, node);
  const operation: RunOperation = {
    op: "run",
    input: state.input,
    args,
    env: [...state.env].map(([name, value]) => `${name}=${value}`),
    cwd: cleanPath(state.config.WorkingDir || "/"),
    user: state.config.User ?? "",
    mounts: node.mounts.map((mount, at) => planMount(context, state, node, mount, agentsBefore(node, at))),
    network: node.network ?? "default",
    security: node.security ?? "sandbox",
    platform: printPlatform(state.platform),
    cache: node.cache ?? true,
    ...(script === undefined ? {} : { script }),
  };
  const input = context.addStep(operation, title, node.site);
  const values = [...state.args].map((name) => `${name}=${state.env.get(name) ?? ""}`);
  const prefix = values.length === 0 ? "" : `|${values.length} ${values.join(" ")} `;
  return withHistory(
    context,
    { ...state, input, layers: state.layers + 1 },
    `RUN ${prefix}${args.join(" ")} # buildkit`,
    1,
  );
}

function commandArguments(
  context: PlanContext,
  state: State,
  node: RunNode,
): { args: readonly string[]; title: string; script?: string } {
  const text = (value: TextValue) => context.text(value, state, node.site);
  const shell = state.config.Shell ?? defaultShell;
  const command = node.command;
  switch (command.form) {
    case "exec": {
      const args = command.args.map(text);
      if (args.length === 0)
        throw new StrakeError({ code: "invalid-command", message: "run() needs a program", site: node.site });
      return { args, title: `RUN ${args.join(" ")}` };
    }
    case "shell":
      return { args: [...shell, text(command.text)], title: `RUN ${text(command.text)}` };
    case "commands": {
      const joined = command.commands.map(text).join(" && ");
      return { args: [...shell, joined], title: `RUN ${joined}` };
    }
    case "script": {
      const title = `RUN ${command.text.trim().split("\n")[0]} …`;
      if (command.interpreter === undefined) return { args: [...shell, `set -e\n${command.text}`], title };
      const path = `${scriptFolder}/${command.name ?? "EOF"}`;
      return { args: [...shell, path], title, script: `#!${command.interpreter}\n${command.text}` };
    }
  }
}

/** Sockets without a place of their own are numbered. */
function agentsBefore(node: RunNode, at: number): number {
  return node.mounts.slice(0, at).filter(({ type }) => type === "ssh").length;
}

function planMount(context: PlanContext, state: State, node: RunNode, mount: Mount, agents: number): RunMount {
  const text = (value: TextValue) => context.text(value, state, node.site);
  const target = (value: TextValue) => {
    const path = joinPath(state.config.WorkingDir || "/", text(value));
    if (path === "/")
      throw new StrakeError({
        code: "invalid-mount",
        message: "a mount cannot cover the root folder",
        site: node.site,
      });
    return path;
  };
  const from = (value: Parameters<typeof copyInput>[2]): Input => copyInput(context, state, value, node.site).input;
  const source = (value: TextValue | undefined) => (value === undefined ? "/" : cleanPath(`/${text(value)}`));
  switch (mount.type) {
    case "bind":
      return {
        type: "bind",
        target: target(mount.target),
        from: from(mount.from),
        source: source(mount.source),
        writable: mount.writable ?? false,
      };
    case "cache":
      return {
        type: "cache",
        target: target(mount.target),
        id: mount.id === undefined ? target(mount.target) : text(mount.id),
        sharing: mount.sharing ?? "shared",
        from: mount.from === undefined ? null : from(mount.from),
        source: source(mount.source),
        readonly: mount.readonly ?? false,
        mode: mount.mode ?? 0o755,
        uid: mount.uid ?? 0,
        gid: mount.gid ?? 0,
      };
    case "tmpfs":
      return { type: "tmpfs", target: target(mount.target), ...(mount.size === undefined ? {} : { size: mount.size }) };
    case "secret":
      return {
        type: "secret",
        id: mount.id,
        ...secretTarget(mount, target),
        ...(mount.env === undefined ? {} : { env: mount.env }),
        required: mount.required ?? false,
        mode: mount.mode ?? 0o400,
        uid: mount.uid ?? 0,
        gid: mount.gid ?? 0,
      };
    case "ssh":
      return {
        type: "ssh",
        id: mount.id ?? "default",
        target: mount.target === undefined ? `/run/buildkit/ssh_agent.${agents}` : target(mount.target),
        required: mount.required ?? false,
        mode: mount.mode ?? 0o600,
        uid: mount.uid ?? 0,
        gid: mount.gid ?? 0,
      };
  }
}

function secretTarget(
  mount: Extract<Mount, { type: "secret" }>,
  target: (value: TextValue) => string,
): { target?: string } {
  if (mount.target !== undefined) return { target: target(mount.target) };
  return mount.env === undefined ? { target: `/run/secrets/${baseName(mount.id)}` } : {};
}
