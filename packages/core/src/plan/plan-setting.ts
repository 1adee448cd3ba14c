import type { ContainerConfig, Healthcheck } from "@strake/oci/document";
import { isForBuilder } from "../graph/build-arguments.ts";
import type { ContainerCommand, Step } from "../graph/definition.ts";
import { StrakeError } from "../strake-error.ts";
import { exposedPorts, exposeWords } from "./expose-ports.ts";
import { goHealthcheck, goQuotedList } from "./go-text.ts";
import { withHistory } from "./history.ts";
import type { PlanContext } from "./plan-context.ts";
import { defaultShell, type State } from "./state.ts";
import { isStopSignal, noSignal } from "./stop-signal.ts";

/** The statements that change only the config: no layer, no operation. */
export type SettingNode = Extract<
  Step,
  {
    kind:
      | "env"
      | "label"
      | "arg"
      | "user"
      | "expose"
      | "volume"
      | "cmd"
      | "entrypoint"
      | "healthcheck"
      | "stopsignal"
      | "shell"
      | "onbuild"
      | "maintainer"
      | "annotation"
      | "tag"
      | "platforms";
  }
>;

/** Folds a setting into the state, with the history text that BuildKit writes for it. */
export function planSetting(context: PlanContext, state: State, node: SettingNode): State {
  const text = (value: Parameters<PlanContext["text"]>[0]) => context.text(value, state, node.site);
  const settle = (config: Partial<ContainerConfig>, createdBy: string): State =>
    withHistory(context, { ...state, config: { ...state.config, ...config } }, createdBy, 0);
  switch (node.kind) {
    case "env": {
      const pairs = node.variables.map(([name, value]): [string, string] => [text(name), text(value)]);
      const next = settle({ Env: replaceInPlace(state.config.Env ?? [], pairs) }, `ENV ${joinPairs(pairs)}`);
      return { ...next, env: new Map([...state.env, ...pairs]) };
    }
    case "label": {
      const pairs = node.labels.map(([name, value]): [string, string] => [text(name), text(value)]);
      return settle({ Labels: { ...state.config.Labels, ...Object.fromEntries(pairs) } }, `LABEL ${joinPairs(pairs)}`);
    }
    case "arg":
      return planArgument(context, state, node);
    case "user": {
      const user = text(node.user);
      return settle({ User: user }, `USER ${user}`);
    }
    case "expose": {
      const ports = exposedPorts(exposeWords(node.ports, text), node.site);
      const added = Object.fromEntries(ports.map((port): [string, Record<string, never>] => [port, {}]));
      return settle({ ExposedPorts: { ...state.config.ExposedPorts, ...added } }, `EXPOSE [${ports.join(" ")}]`);
    }
    case "volume": {
      const paths = node.paths.map(text);
      if (paths.includes(""))
        throw new StrakeError({ code: "invalid-path", message: "a volume's path is empty", site: node.site });
      const added = Object.fromEntries(paths.map((path): [string, Record<string, never>] => [path, {}]));
      return settle({ Volumes: { ...state.config.Volumes, ...added } }, `VOLUME [${paths.join(" ")}]`);
    }
    case "cmd": {
      const command = commandWords(context, state, node.command, node.site);
      return { ...settle({ Cmd: command, ArgsEscaped: true }, `CMD ${goQuotedList(command)}`), commandSaid: true };
    }
    case "entrypoint": {
      const command = commandWords(context, state, node.command, node.site);
      const reset = state.commandSaid ? {} : { Cmd: null };
      return settle(
        { Entrypoint: command.length === 0 ? null : command, ...reset },
        `ENTRYPOINT ${goQuotedList(command)}`,
      );
    }
    case "healthcheck": {
      const healthcheck = toHealthcheck(context, state, node);
      return settle({ Healthcheck: healthcheck }, `HEALTHCHECK ${goHealthcheck(healthcheck)}`);
    }
    case "stopsignal": {
      const signal = text(node.signal);
      checkSignal(signal, node);
      return settle({ StopSignal: signal }, `STOPSIGNAL ${signal}`);
    }
    case "shell":
      return settle({ Shell: node.shell }, `SHELL [${node.shell.join(" ")}]`);
    case "onbuild":
      return { ...state, config: { ...state.config, OnBuild: [...(state.config.OnBuild ?? []), node.instruction] } };
    case "maintainer": {
      const author = text(node.author);
      return { ...settle({}, `MAINTAINER ${author}`), author };
    }
    case "annotation": {
      const added = Object.entries(node.annotations).map(([name, value]) => [name, text(value)]);
      return { ...state, annotations: { ...state.annotations, ...Object.fromEntries(added) } };
    }
    case "tag":
      return { ...state, tags: [...state.tags, ...node.names] };
    case "platforms":
      return state;
  }
}

function planArgument(context: PlanContext, state: State, node: Extract<Step, { kind: "arg" }>): State {
  const said = node.default === undefined ? undefined : context.text(node.default, state, node.site);
  const value = context.inputs.buildArgs?.get(node.name) ?? said ?? context.platformArgument(node.name);
  const joined = [...state.joinedArguments, `${node.name}${value === undefined ? "" : `=${value}`}`];
  const next =
    node.history === null
      ? { ...state, joinedArguments: joined }
      : { ...withHistory(context, state, `ARG ${joined.join(" ")}`, 0), joinedArguments: [] };
  const args = new Set([...state.args, node.name]);
  // Without a value it is no variable, but histories count it.
  if (value === undefined || isForBuilder(node.name)) return { ...next, args };
  return { ...next, env: new Map([...state.env, [node.name, value]]), args };
}

function commandWords(
  context: PlanContext,
  state: State,
  command: ContainerCommand,
  site: Step["site"],
): readonly string[] {
  if (command.form === "exec") return command.args.map((word) => context.text(word, state, site));
  return [...(state.config.Shell ?? defaultShell), context.text(command.text, state, site)];
}

function toHealthcheck(context: PlanContext, state: State, node: Extract<Step, { kind: "healthcheck" }>): Healthcheck {
  if (node.command === undefined) return { Test: ["NONE"] };
  const test =
    node.command.form === "exec"
      ? ["CMD", ...node.command.args.map((word) => context.text(word, state, node.site))]
      : ["CMD-SHELL", context.text(node.command.text, state, node.site)];
  return {
    Test: test,
    ...(node.interval ? { Interval: node.interval } : {}),
    ...(node.timeout ? { Timeout: node.timeout } : {}),
    ...(node.startPeriod ? { StartPeriod: node.startPeriod } : {}),
    ...(node.startInterval ? { StartInterval: node.startInterval } : {}),
    ...(node.retries ? { Retries: node.retries } : {}),
  };
}

/** Replaces variables where they stand and appends new ones, as BuildKit does with the config's list. */
function replaceInPlace(lines: readonly string[], pairs: readonly [string, string][]): readonly string[] {
  const next = [...lines];
  for (const [name, value] of pairs) {
    const at = next.findIndex((line) => line.startsWith(`${name}=`));
    if (at === -1) next.push(`${name}=${value}`);
    else next[at] = `${name}=${value}`;
  }
  return next;
}

function joinPairs(pairs: readonly [string, string][]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(" ");
}

function checkSignal(signal: string, { site }: Pick<Step, "site">): void {
  if (!isStopSignal(signal)) throw noSignal(signal, site);
}
