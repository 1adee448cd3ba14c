import { type OperationId, type RunMount, type RunOperation, StrakeError } from "@strake/core";
import {
  CacheSharingOpt,
  MountType,
  NetMode,
  SecurityMode,
} from "../generated/github.com/moby/buildkit/solver/pb/ops_fields.ts";
import type * as pb from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";
import type { Init } from "../protobuf/message.ts";
import type { CompileContext } from "./compile-context.ts";
import { platformOf } from "./compile-source.ts";
import type { LlbOutput } from "./llb-graph.ts";

type LlbMount = Init<pb.Mount>;

const skipped = -1n;
const sharing = {
  shared: CacheSharingOpt.SHARED,
  private: CacheSharingOpt.PRIVATE,
  locked: CacheSharingOpt.LOCKED,
} as const;

/** A command over its mounts; the root file system is the mount at `/`, and its state afterwards is the result. */
export function compileRun(context: CompileContext, id: OperationId, operation: RunOperation): LlbOutput {
  const needs = new Set(["exec.meta.base"]);
  const inputs: LlbOutput[] = [];
  const place = (output: LlbOutput | undefined): bigint => {
    if (output === undefined) return -1n;
    const known = inputs.findIndex(({ digest, index }) => digest === output.digest && index === output.index);
    return BigInt(known === -1 ? inputs.push(output) - 1 : known);
  };
  const mounts: LlbMount[] = [
    { dest: "/", input: place(context.output(operation.input)), output: 0n, mountType: MountType.BIND },
  ];
  const others = operation.mounts.filter((mount) => mount.type !== "secret" || mount.target !== undefined);
  for (const mount of others) mounts.push(compileMount(context, id, mount, place, needs));
  if (operation.script !== undefined) mounts.push(scriptMount(context, id, operation, place));
  const shm = context.commands.limits?.shmSize;
  if (shm !== undefined) {
    needs.add("exec.mount.tmpfs").add("exec.mount.tmpfs.size");
    mounts.push(memoryMount("/dev/shm", shm));
  }
  mounts.sort((one, other) => ((one.dest as string) < (other.dest as string) ? -1 : 1));
  const value = {
    meta: {
      args: [...operation.args],
      env: environment(operation),
      cwd: operation.cwd,
      user: operation.user,
      // Places that are made for mounts are no change, whatever else is made to reach them.
      removeMountStubsRecursive: true,
      ...metaOf(context, needs),
    },
    mounts,
    network: networkOf(context, operation, needs),
    security: securityOf(context, operation, needs),
    secretenv: secretEnvironment(context, operation, needs),
  };
  const notes = context.notes(id, [...needs]);
  return context.graph.add({ op: { case: "exec", value }, ...platformOf(operation.platform) }, inputs, {
    ...notes,
    ...(operation.cache ? {} : { ignoreCache: true }),
    ...resourcesOf(context, needs),
    capabilities: [...needs],
  });
}

/** Commands find the first agent by this variable, unless they have one of their own. */
function environment(operation: RunOperation): string[] {
  const agent = operation.mounts.find((mount) => mount.type === "ssh");
  const known = operation.env.some((line) => line.startsWith("SSH_AUTH_SOCK="));
  return [...operation.env, ...(agent === undefined || known ? [] : [`SSH_AUTH_SOCK=${agent.target}`])];
}

function metaOf(context: CompileContext, needs: Set<string>): object {
  const { hosts = [], limits, proxy, hostname } = context.commands;
  const ulimits = limits?.ulimits ?? [];
  if (ulimits.length > 0) needs.add("exec.meta.ulimit");
  if (proxy !== undefined) needs.add("exec.meta.proxyenv");
  return {
    ...(hosts.length === 0 ? {} : { extraHosts: hosts.map(({ name, address }) => ({ Host: name, IP: address })) }),
    ...(proxy === undefined ? {} : { proxyEnv: proxyOf(proxy) }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(ulimits.length === 0
      ? {}
      : { ulimit: ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: BigInt(soft), Hard: BigInt(hard) })) }),
  };
}

function proxyOf(proxy: ReadonlyMap<string, string>): object {
  const value = (name: string): string => proxy.get(name) ?? "";
  return {
    httpProxy: value("http_proxy"),
    httpsProxy: value("https_proxy"),
    ftpProxy: value("ftp_proxy"),
    noProxy: value("no_proxy"),
    allProxy: value("all_proxy"),
  };
}

function resourcesOf(context: CompileContext, needs: Set<string>): object {
  const { memory, cpus } = context.commands.limits ?? {};
  if (memory === undefined && cpus === undefined) return {};
  needs.add("exec.meta.linux.resources");
  return {
    resources: {
      ...(memory === undefined ? {} : { memory: BigInt(memory) }),
      ...(cpus === undefined ? {} : { cpuPeriod: 100_000n, cpuQuota: BigInt(Math.round(cpus * 100_000)) }),
    },
  };
}

function networkOf(context: CompileContext, operation: RunOperation, needs: Set<string>): pb.NetMode {
  const network = operation.network === "default" ? (context.commands.network ?? "default") : operation.network;
  if (network === "default") return NetMode.UNSET;
  needs.add("exec.meta.network");
  if (network === "none") return NetMode.NONE;
  context.entitlements.add("network.host");
  return NetMode.HOST;
}

function securityOf(context: CompileContext, operation: RunOperation, needs: Set<string>): pb.SecurityMode {
  if (operation.security === "sandbox") return SecurityMode.SANDBOX;
  needs.add("exec.meta.security");
  context.entitlements.add("security.insecure");
  return SecurityMode.INSECURE;
}

function secretEnvironment(context: CompileContext, operation: RunOperation, needs: Set<string>) {
  return operation.mounts.flatMap((mount) => {
    if (mount.type !== "secret" || mount.env === undefined) return [];
    needs.add("exec.secretenv");
    context.secrets.add(mount.id);
    return [{ ID: mount.id, name: mount.env, optional: !mount.required }];
  });
}

function compileMount(
  context: CompileContext,
  id: OperationId,
  mount: RunMount,
  place: (output: LlbOutput | undefined) => bigint,
  needs: Set<string>,
): LlbMount {
  switch (mount.type) {
    case "bind":
      needs.add("exec.mount.bind");
      if (mount.writable) needs.add("exec.mount.bind.readwrite-nooutput");
      if (mount.source !== "/") needs.add("exec.mount.selector");
      return {
        dest: mount.target,
        input: place(mountInput(context, id, mount.from)),
        selector: mount.source === "/" ? "" : mount.source,
        output: skipped,
        readonly: !mount.writable,
        mountType: MountType.BIND,
      };
    case "cache":
      return cacheMount(context, id, mount, place, needs);
    case "tmpfs":
      needs.add("exec.mount.tmpfs");
      if (mount.size !== undefined) needs.add("exec.mount.tmpfs.size");
      return memoryMount(mount.target, mount.size);
    case "secret": {
      needs.add("exec.mount.secret");
      context.secrets.add(mount.id);
      const { id: ID, uid, gid, mode, required } = mount;
      const secretOpt = { ID, uid, gid, mode, optional: !required };
      return { dest: mount.target ?? "", input: -1n, output: skipped, mountType: MountType.SECRET, secretOpt };
    }
    case "ssh": {
      needs.add("exec.mount.ssh");
      context.agents.add(mount.id);
      const { id: ID, uid, gid, mode, required } = mount;
      const SSHOpt = { ID, uid, gid, mode, optional: !required };
      return { dest: mount.target, input: -1n, output: skipped, mountType: MountType.SSH, SSHOpt };
    }
  }
}

function mountInput(context: CompileContext, id: OperationId, from: RunOperation["input"]): LlbOutput | undefined {
  const local = context.localOf(from);
  // Commands see files as they are: modes, and the times that make(1) and its like compare.
  return local === undefined ? context.output(from) : context.addLocal(id, { local, permissions: "source" });
}

function cacheMount(
  context: CompileContext,
  id: OperationId,
  mount: Extract<RunMount, { type: "cache" }>,
  place: (output: LlbOutput | undefined) => bigint,
  needs: Set<string>,
): LlbMount {
  needs.add("exec.mount.cache").add("exec.mount.cache.sharing");
  const plain = mount.mode === 0o755 && mount.uid === 0 && mount.gid === 0;
  const made = mount.from === null && !plain;
  const input = made ? cacheFolder(context, id, mount) : mountInput(context, id, mount.from);
  const selector = made ? "/cache" : mount.source === "/" ? "" : mount.source;
  if (selector !== "") needs.add("exec.mount.selector");
  return {
    dest: mount.target,
    input: place(input),
    selector,
    output: skipped,
    readonly: mount.readonly,
    mountType: MountType.CACHE,
    cacheOpt: { ID: mount.id, sharing: sharing[mount.sharing] },
  };
}

/** An empty folder with the mode and owner that a cache begins with. */
function cacheFolder(context: CompileContext, id: OperationId, mount: Extract<RunMount, { type: "cache" }>): LlbOutput {
  const byID = (value: number) => ({ user: { case: "byID", value } as const });
  const value = {
    path: "/cache",
    mode: mount.mode,
    timestamp: 0n,
    owner: { user: byID(mount.uid), group: byID(mount.gid) },
  };
  return scratchFile(context, id, { case: "mkdir", value });
}

/** The script that the arguments name, in a folder that only this command sees. */
function scriptMount(
  context: CompileContext,
  id: OperationId,
  { script = "", args }: RunOperation,
  place: (output: LlbOutput | undefined) => bigint,
): LlbMount {
  const value = {
    path: `/${args.at(-1)?.split("/").at(-1)}`,
    mode: 0o755,
    data: new TextEncoder().encode(script),
    timestamp: 0n,
  };
  const file = scratchFile(context, id, { case: "mkfile", value });
  return { dest: "/dev/pipes", input: place(file), output: skipped, readonly: true, mountType: MountType.BIND };
}

function scratchFile(
  context: CompileContext,
  id: OperationId,
  action:
    | { case: "mkdir"; value: { path: string; mode: number; timestamp: bigint; owner: object } }
    | { case: "mkfile"; value: { path: string; mode: number; data: Uint8Array; timestamp: bigint } },
): LlbOutput {
  const value = { actions: [{ input: -1n, secondaryInput: -1n, output: 0n, action }] };
  return context.graph.add({ op: { case: "file", value } }, [], {
    operation: id,
    capabilities: ["file.base"],
    title: "[internal] prepare a mount",
  });
}

function memoryMount(dest: string, size: number | undefined): LlbMount {
  const TmpfsOpt = { size: BigInt(size ?? 0) };
  return { dest, input: -1n, output: skipped, mountType: MountType.TMPFS, TmpfsOpt };
}

/** Refuses a plan whose commands BuildKit cannot limit as asked. */
export function checkLimits(context: CompileContext): void {
  const { timeout, processes } = context.commands.limits ?? {};
  const asked = timeout === undefined ? (processes === undefined ? undefined : "processes") : "time";
  if (asked === undefined) return;
  throw new StrakeError({
    code: "unsupported-by-buildkit",
    message: `BuildKit cannot limit the ${asked} of a command`,
    notes: ["Leave the limit out, or build with the engine."],
  });
}
