import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import type { BuildkitClient, CacheOption, FindCredentials } from "@strake/daemon";
import type { ImageOfSource } from "@strake/engine";
import { engineImageName, parseBaseName } from "@strake/oci";
import { imageCaches } from "../builder/image-caches.ts";
import type { BuilderAddress } from "./builder-address.ts";
import type { Session } from "./session.ts";
import { builtSolution, type SolvePlan } from "./target-solution.ts";

/** How a daemon builds, besides what every builder is told. */
export interface DaemonBuilderOptions {
  /** What the request calls it; its address where absent. */
  readonly name?: string;
  readonly cacheFrom?: readonly CacheOption[];
  readonly cacheTo?: readonly CacheOption[];
  /** Finds the credentials for a registry. */
  readonly credentials?: FindCredentials;
  /** Attributes of the solve, such as `attest:sbom`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** How the daemon packs layers, in the words of its exporters: `compression`, `compression-level`. */
  readonly packing?: Readonly<Record<string, string>>;
  /** How long the daemon may take to answer, in milliseconds; 20 seconds when left out. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A builder over a daemon, and the connection it has. */
export interface OpenedBuilder {
  readonly solvePlan: SolvePlan;
  readonly client: BuildkitClient;
  close(): void;
}

/**
 * Connects to a daemon that builds the images of a session; what comes back is kept in the session's store.
 *
 * @throws DaemonError where there is no such daemon
 */
export async function openBuilder(
  session: Session,
  { address, daemon, tls }: Extract<BuilderAddress, { type: "daemon" }>,
  options: DaemonBuilderOptions = {},
): Promise<OpenedBuilder> {
  // Loaded here, because most builds need none of it.
  const { BuildkitBuilder, BuildkitClient } = await import("@strake/daemon");
  const { signal, timeout, cacheFrom = [], cacheTo = [], name: builderName = address, ...rest } = options;
  const client = await BuildkitClient.connect(address, {
    daemon,
    signal,
    ...(timeout === undefined ? {} : { timeout }),
    ...(tls === undefined ? {} : { tls }),
  });
  const texts = new Map<string, { readonly name: string; readonly text: string } | undefined>();
  const builder = new BuildkitBuilder({
    ...rest,
    client,
    blobs: session.engine.store.blobs,
    isServed: (source) => source.type === "image" && isHere(session, source),
    openImage: (source, path) => session.finder.open(source as ImageOfSource, path),
    buildFile: session.buildFile,
    buildFileRoot: session.project,
    sourceText: (file) => {
      if (!texts.has(file)) texts.set(file, readSource(session.project, file));
      return texts.get(file);
    },
  });
  return {
    solvePlan: async (plan, given, name) => {
      const caches = {
        cacheFrom: imageCaches(cacheFrom, name, plan.platform),
        cacheTo: imageCaches(cacheTo, name, plan.platform),
      };
      const ref = randomBytes(13).toString("hex");
      const { image, attestations } = await builder.buildAttested(plan, given, { ...caches, ref });
      return builtSolution(plan, image, { builder: builderName, ref }, attestations);
    },
    client,
    close: () => client.close(),
  };
}

/** Tells whether an image is one that no registry need have: of a Docker Engine, or of the local store. */
function isHere({ engine }: Session, { reference, digest }: { reference: string; digest: string }): boolean {
  const name = parseBaseName(reference);
  return engineImageName(name) !== undefined || engine.store.images.get(name)?.manifest === digest;
}

/** Only files of the project are told to a daemon, under names that are the same in every checkout. */
function readSource(project: string, file: string): { readonly name: string; readonly text: string } | undefined {
  const name = relative(project, file).split(sep).join("/");
  if (name === "" || name.startsWith("../")) return undefined;
  try {
    return { name, text: readFileSync(file, "utf8") };
  } catch {
    // The lines help messages only.
    return undefined;
  }
}
