import { existsSync } from "node:fs";
import {
  type BuildOptions,
  type CallSite,
  type Operation,
  type OperationId,
  type Plan,
  type PlannedStep,
  type RunOperation,
  StrakeError,
} from "@strake/core";
import { matchesPlatform, parsePlatform } from "@strake/oci";
import { DaemonError } from "../daemon-error.ts";
import type { LlbLocal } from "../llb/llb-needs.ts";
import type { BuildkitClient } from "./buildkit-client.ts";

/**
 * Refuses folders and files that are not there, which a daemon would take for empty ones.
 *
 * @throws StrakeError `missing-context` at the statement that reads it
 */
export function checkLocals(plan: Plan, options: BuildOptions, locals: Iterable<LlbLocal>): void {
  for (const { local } of locals) {
    const path = options.locals.get(local);
    if (path === undefined || existsSync(path)) continue;
    throw new StrakeError({
      code: "missing-context",
      message: `${path} is not there`,
      site: readerOf(plan, options, local),
    });
  }
}

/** Where the first step stands that is, or reads, a local source. */
function readerOf(plan: Plan, { steps }: BuildOptions, local: string): CallSite | undefined {
  const operations = Object.entries(plan.operations);
  const isSource = (operation: Operation) =>
    operation.op === "source" && Object.values(operation.source).includes(local);
  const id = operations.find(([, operation]) => operation !== undefined && isSource(operation))?.[0];
  const reads = (step: PlannedStep) => JSON.stringify(plan.operations[step.id] ?? null).includes(`"${id}"`);
  return (steps.find((step) => step.id === id) ?? steps.find(reads))?.site;
}

/**
 * Refuses a build that lacks what its commands need, before anything is sent.
 *
 * @throws StrakeError `missing-secret`, `missing-agent`, `not-allowed`
 */
export function checkGiven(plan: Plan, options: BuildOptions, entitlements: readonly string[]): void {
  for (const [id, operation] of runs(plan)) {
    const site = options.steps.find((step) => step.id === id)?.site;
    for (const mount of operation.mounts) {
      if (mount.type === "secret" && mount.required && !options.secrets?.has(mount.id)) {
        throw new StrakeError({
          code: "missing-secret",
          message: `the command needs the secret "${mount.id}"`,
          notes: [`Give it with --secret id=${mount.id},src=FILE, or --secret id=${mount.id},env=NAME.`],
          site,
        });
      }
      if (mount.type === "ssh" && mount.required && !options.agents?.has(mount.id)) {
        throw new StrakeError({
          code: "missing-agent",
          message: `the command needs the ssh agent "${mount.id}"`,
          notes: [`Give it with --ssh ${mount.id}.`],
          site,
        });
      }
    }
  }
  const missing = entitlements.find((name) => !(options.allow as ReadonlySet<string> | undefined)?.has(name));
  if (missing === undefined) return;
  const wants = ({ network, security }: RunOperation) =>
    missing === "network.host" ? network === "host" : security === "insecure";
  const [id] = runs(plan).find(([, operation]) => wants(operation)) ?? [];
  throw new StrakeError({
    code: "not-allowed",
    message: `a command wants ${missing}, which this build does not allow`,
    notes: [`Allow it with --allow ${missing}.`],
    site: options.steps.find((step) => step.id === id)?.site,
  });
}

/**
 * Refuses commands for platforms that no worker of the daemon has; files can be copied for every platform.
 *
 * @throws DaemonError `no-platform`
 */
export async function checkPlatforms(plan: Plan, client: BuildkitClient): Promise<void> {
  const platforms = new Set(runs(plan).map(([, { platform }]) => platform));
  if (platforms.size === 0) return;
  const offered = (await client.platforms()).map(({ platform }) => platform);
  for (const platform of platforms) {
    const wanted = parsePlatform(platform);
    if (offered.some((one) => matchesPlatform(one, wanted))) continue;
    const names = [...new Set(offered.map(({ os, architecture }) => `${os}/${architecture}`))].join(", ");
    const message = `no worker of ${client.address} runs commands of ${platform}; they run ${names}`;
    throw new DaemonError("no-platform", message, {
      hint: "Install emulation for it on the daemon's machine (binfmt), or name a builder of that platform.",
    });
  }
}

/**
 * Refuses layers packed otherwise than with gzip, for daemons that do not pack them.
 *
 * @throws DaemonError `unsupported`
 */
export function checkPacks(packing: Readonly<Record<string, string>>, address: string): void {
  const [said] = Object.entries(packing).filter(([name, value]) => name !== "compression" || value !== "gzip");
  if (said === undefined) return;
  throw new DaemonError("unsupported", `the BuildKit of ${address} is too old for ${said.join("=")}`, {
    hint: "Update it (a Docker Engine to 23 or later), leave that out, or build with the engine.",
  });
}

function runs(plan: Plan): readonly (readonly [OperationId, RunOperation])[] {
  return (Object.entries(plan.operations) as [OperationId, Plan["operations"][OperationId]][]).flatMap(
    ([id, operation]) => (operation?.op === "run" ? [[id, operation] as const] : []),
  );
}

/**
 * Refuses images from daemons that would make them without their config.
 *
 * Only frontends could give an image a config before BuildKit 0.11; the files alone such daemons give out like any
 * other. That within a Docker Engine gives out layers too, which `buildInOldDocker` takes: `isBuilt` where it does.
 *
 * @throws DaemonError `unsupported`
 */
export async function checkConfigs(client: BuildkitClient, isBuilt = true): Promise<void> {
  if (!(await client.isOld()) || (client.isDocker && isBuilt)) return;
  throw new DaemonError(
    "unsupported",
    `the BuildKit of ${client.address} is older than 0.11 and gives images no config`,
    {
      hint: "Update it (a Docker Engine to 23 or later), take the files alone (type=local or type=tar), or build with the engine.",
    },
  );
}
