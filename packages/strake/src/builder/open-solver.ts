import type { DockerCredentials } from "@strake/registry";
import type { BuildRequest } from "../command/request.ts";
import { usageError } from "../command/usage-error.ts";
import { parseBuilder } from "../compose/builder-address.ts";
import { type DaemonBuilderOptions, openBuilder } from "../compose/open-builder.ts";
import type { Session } from "../compose/session.ts";
import { AutoBuilder, type Candidate } from "./auto-builder.ts";
import { DaemonBuilder } from "./daemon-builder.ts";
import { EngineBuilder } from "./engine-builder.ts";
import { type NamedBuilder, nameBuilders } from "./name-builders.ts";
import { openFleet } from "./open-fleet.ts";
import { solveOnce } from "./solve-once.ts";
import type { Solver, SolverPorts } from "./solver.ts";

/**
 * Makes ready who builds, as `--builder` says it; undefined: the engine alone.
 *
 * @throws DaemonError where the one builder that is named is not there; StrakeError `no-builder` where none of several is
 */
export async function openSolver(
  session: Session,
  request: BuildRequest,
  ports: SolverPorts,
): Promise<Solver | undefined> {
  const solver = await openAny(session, request, ports);
  return solver && { ...solver, solvePlan: solveOnce(solver.solvePlan) };
}

async function openAny(session: Session, request: BuildRequest, ports: SolverPorts): Promise<Solver | undefined> {
  const { builders } = request;
  const isAuto = builders.includes("auto");
  if (isAuto && builders.some((builder) => builder !== "auto")) {
    throw usageError("--builder auto chooses by itself, and has no other builder beside it");
  }
  const options = await daemonOptions(session, request, ports);
  if (isAuto) return openAuto(session, options, ports);
  const named = await nameBuilders(builders, session.settings);
  if (named.every(({ address }) => address.type === "daemon")) tellIgnored(request, ports);
  if (named.length > 1) return openFleet(session, named, options, ports);
  const { address, name } = named[0] as NamedBuilder;
  if (address.type === "engine") return undefined;
  const { solvePlan, close } = await openBuilder(session, address, { ...options, name });
  return { solvePlan, summary: () => [], close };
}

/** How the outputs want layers packed: daemons do that, and once for all outputs. */
function packingOf({ outputs }: BuildRequest): Readonly<Record<string, string>> {
  const asked = outputs.flatMap((output): Readonly<Record<string, string>>[] => {
    if (output.type !== "oci" && output.type !== "image") return [];
    const { compression, compressionLevel, forceCompression } = output;
    return [
      {
        ...(compression === undefined ? {} : { compression }),
        ...(compressionLevel === undefined ? {} : { "compression-level": String(compressionLevel) }),
        ...(forceCompression ? { "force-compression": "true" } : {}),
      },
    ];
  });
  const [first = {}, ...others] = asked;
  if (others.every((each) => JSON.stringify(each) === JSON.stringify(first))) return first;
  throw usageError(
    "a daemon packs the layers of an image in one way for all outputs",
    "Say the same compression= for each, or build once for each.",
  );
}

/** Says which options are for the engine's own commands. */
function tellIgnored({ commands }: BuildRequest, { report }: SolverPorts): void {
  const { isolation, jobs, shellOnFailure } = commands;
  const ignored = {
    "--isolation": isolation !== undefined,
    "--jobs": jobs !== undefined,
    "--on-failure": shellOnFailure,
  };
  for (const [option, isSaid] of Object.entries(ignored)) {
    if (isSaid)
      report({ type: "note", message: `${option} has no effect on a daemon, which runs commands in its own way` });
  }
}

function openAuto(session: Session, options: DaemonBuilderOptions, { report }: SolverPorts): Solver {
  const { buildkitHost, docker } = session.settings;
  const daemon = (name: string, address: string): Candidate["open"] => {
    return async () => {
      const found = parseBuilder(address, docker);
      return found.type === "daemon" ? DaemonBuilder.open(session, { name, address: found }, options) : undefined;
    };
  };
  const engine = new EngineBuilder(session, options.attributes);
  const auto = new AutoBuilder(
    [
      { name: "engine", open: async () => engine, absent: "" },
      {
        name: buildkitHost === undefined ? "BUILDKIT_HOST" : `BuildKit at ${buildkitHost}`,
        open: buildkitHost === undefined ? async () => undefined : daemon(buildkitHost, buildkitHost),
        absent: "it is not set",
      },
      dockerCandidate(session, daemon),
    ],
    report,
  );
  return { solvePlan: auto.solve, summary: () => [], close: () => auto.close() };
}

function dockerCandidate(session: Session, daemon: (name: string, address: string) => Candidate["open"]): Candidate {
  // Settings that cannot be read are told only when the engine and BuildKit are no help.
  const name = () => {
    const { address, source } = session.settings.docker();
    // A password that somebody has written into it is none of the message's business.
    return `Docker at ${address.replace(/:[^:@/]*@/, ":***@")}, from ${source}`;
  };
  try {
    return { name: name(), open: daemon("docker", "docker"), absent: "" };
  } catch (error) {
    return { name: "Docker", open: () => Promise.reject(error), absent: "" };
  }
}

async function daemonOptions(
  { settings }: Session,
  request: BuildRequest,
  { report, signal }: SolverPorts,
): Promise<DaemonBuilderOptions> {
  const { parseCacheOption } = await import("@strake/daemon");
  const openCache = (text: string) => {
    const cache = settings.cache(parseCacheOption(text));
    if (cache === undefined) {
      const message = `the cache ${text} is left out: no ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL say where it is`;
      report({ type: "warning", message });
    }
    return cache === undefined ? [] : [cache];
  };
  let logins: Promise<DockerCredentials> | undefined;
  return {
    cacheFrom: request.cacheFrom.flatMap(openCache),
    cacheTo: request.cacheTo.flatMap(openCache),
    packing: packingOf(request),
    attributes: Object.fromEntries([...request.attestations].map(([type, text]) => [`attest:${type}`, text])),
    credentials: async (host) => {
      // A daemon seldom asks, and who speaks to registries is much to load.
      logins ??= import("@strake/registry").then((registry) => new registry.DockerCredentials());
      const found = await (await logins).get(host);
      if (found === undefined) return undefined;
      return "identityToken" in found
        ? { username: "", secret: found.identityToken }
        : { username: found.username, secret: found.password };
    },
    signal,
  };
}
