import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { StrakeError } from "@strake/core";
import { Containers, chooseCapabilities, processName, type SandboxMount, userOf } from "@strake/engine";
import type { ContainerConfig } from "@strake/oci";
import { enterUserNamespace } from "../compose/enter-user-namespace.ts";
import { ExitWith } from "../compose/exit-with.ts";
import { openImage } from "../compose/open-image.ts";
import { openWorkspace } from "../compose/workspace.ts";
import type { BoundFolder } from "./option/container-mount.ts";
import { parseEnvFile } from "./option/env-file.ts";
import type { MemoryFolder } from "./option/memory-folder.ts";
import type { RunRequest } from "./request.ts";
import { runPlatform } from "./run-platform.ts";
import { usageError } from "./usage-error.ts";

/**
 * Starts a container from an image and waits for its command to end.
 *
 * @throws ExitWith with the command's status, unless it is 0
 */
export async function runContainer(request: RunRequest, signal: AbortSignal): Promise<void> {
  if (request.terminal && !process.stdin.isTTY) throw usageError("the input device is not a TTY");
  const mounts = request.mounts.map(openMount);
  const { addedCapabilities, droppedCapabilities } = request;
  const variables = [...request.envFiles.flatMap(readEnvFile), ...request.env];
  if (request.idFile !== undefined && existsSync(request.idFile)) {
    throw usageError(
      `--cidfile ${request.idFile}: the file is there already`,
      "Remove it: it names another container.",
    );
  }
  await enterUserNamespace();
  const workspace = openWorkspace({ readOnly: false, isolation: request.isolation, signal });
  try {
    const capabilities =
      addedCapabilities.length + droppedCapabilities.length > 0
        ? { capabilities: chooseCapabilities(addedCapabilities, droppedCapabilities) }
        : {};
    const platform = await runPlatform(request, workspace, signal);
    const opened = await openImage(workspace, request.image, platform);
    const { plan, options, name } = opened;
    const { config } = plan.image;
    const args = argumentsOf(request, config);
    const sandbox = await workspace.sandbox();
    const lowers = await workspace.engine.folders(plan, options);
    const containers = new Containers(workspace.settings.home);
    const at = name.lastIndexOf("@");
    const container = containers.create(
      {
        image: request.image,
        manifest: name.slice(at + 1),
        reference: name.slice(0, at),
        platform: plan.platform,
        args,
        labels: request.labels,
        created: Date.now(),
        runner: processName(),
      },
      request.name,
      lowers.at(-1),
    );
    if (request.idFile !== undefined) writeFileSync(request.idFile, container.id);
    const hostname = request.hostname ?? container.id.slice(0, 12);
    const scratch = containers.scratch(container.id);
    try {
      const { code } = await sandbox.run(
        {
          lowers,
          ...containers.folders(container.id),
          scratch,
          volatile: request.remove,
          args,
          env: environmentOf(request, variables, config, hostname),
          cwd: request.workdir ?? (config.WorkingDir || "/"),
          user: userOf(request.user ?? config.User ?? "", lowers, request.groups),
          mounts,
          network: request.network,
          hostname,
          hosts: request.hosts,
          security: request.privileged ? "insecure" : "sandbox",
          ...capabilities,
          readonlyRoot: request.readonlyRoot,
          ...(request.resolver === undefined ? {} : { resolver: request.resolver }),
          limits: request.limits,
        },
        { terminal: true, input: request.interactive, signal },
      );
      containers.update({ ...container, ended: { at: Date.now(), code } });
      if (code !== 0) throw new ExitWith(code);
    } finally {
      containers.removeScratch(container.id);
      if (request.remove) containers.remove(container.id);
    }
  } finally {
    await workspace.close();
  }
}

function argumentsOf(request: RunRequest, config: ContainerConfig): readonly string[] {
  const entrypoint = request.entrypoint === undefined ? (config.Entrypoint ?? []) : [request.entrypoint];
  const usual = request.entrypoint === undefined ? (config.Cmd ?? []) : [];
  const args = [...entrypoint, ...(request.command.length > 0 ? request.command : usual)].filter((each) => each !== "");
  if (args.length > 0) return args;
  throw usageError(`the image ${request.image} does not say what to run`, "Name a command after the image.");
}

function environmentOf(
  request: RunRequest,
  variables: readonly string[],
  config: ContainerConfig,
  hostname: string,
): readonly string[] {
  const given = variables.flatMap((text) => {
    if (text.includes("=")) return [text];
    const value = process.env[text];
    return value === undefined ? [] : [`${text}=${value}`];
  });
  const named = [
    ...(config.Env ?? []),
    `HOSTNAME=${hostname}`,
    ...(request.terminal ? [`TERM=${process.env.TERM ?? "xterm"}`] : []),
    ...given,
  ];
  // The last of a name is what counts.
  return [...new Map(named.map((each) => [each.slice(0, each.indexOf("=")), each])).values()];
}

function readEnvFile(file: string): readonly string[] {
  try {
    return parseEnvFile(readFileSync(file, "utf8"), file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (StrakeError.is(error) || code === undefined) throw error;
    throw usageError(`--env-file ${file}: it cannot be read (${code})`);
  }
}

function openMount(mount: BoundFolder | MemoryFolder): SandboxMount {
  if (mount.type === "tmpfs") return mount;
  const { option, source, target, readonly } = mount;
  const path = resolve(source);
  if (!source.includes("/") && !existsSync(path)) {
    throw usageError(`${option}: there are no named volumes`, `Name a folder, such as ./${source}.`);
  }
  if (!existsSync(path)) throw usageError(`${option}: ${source} does not exist`);
  return { type: "bind", source: path, target, readonly };
}
