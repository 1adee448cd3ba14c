import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BlobStore, type Digest, DiskBlobStore } from "@strake/oci";
import type { CacheOption } from "./cache-option.ts";

/** Caches in folders of this machine: their blobs go over the session, and an index says which one is the latest. */
export interface LocalCaches {
  readonly imports: readonly CacheOption[];
  readonly exports: readonly CacheOption[];
  /** What the session serves. */
  readonly stores: ReadonlyMap<string, BlobStore>;
  /** Writes down what the daemon has exported. */
  keep(response: Readonly<Record<string, string>>): void;
}

interface CacheIndex {
  readonly schemaVersion: number;
  readonly manifests: readonly { readonly digest: Digest; readonly annotations?: Readonly<Record<string, string>> }[];
}

const refName = "org.opencontainers.image.ref.name";

/** Makes caches ready for a build; a folder that has none is left out, as a first build has nothing to read. */
export function openLocalCaches(imports: readonly CacheOption[], exports: readonly CacheOption[]): LocalCaches {
  const stores = new Map<string, BlobStore>();
  const opened = imports.flatMap((cache): CacheOption[] => {
    const { src } = cache.attributes;
    if (cache.type !== "local" || src === undefined) return [cache];
    const digest = cache.attributes.digest ?? latest(src, cache.attributes.tag ?? "latest");
    if (digest === undefined) return [];
    stores.set(`local:${src}`, new DiskBlobStore(src));
    return [{ ...cache, attributes: { ...cache.attributes, digest } }];
  });
  const written = exports.filter(({ type }) => type === "local");
  for (const { attributes } of written) {
    const folder = attributes.dest as string;
    mkdirSync(folder, { recursive: true });
    stores.set(`local:${folder}`, new DiskBlobStore(folder));
  }
  return {
    imports: opened,
    exports,
    stores,
    keep(response) {
      const manifest = response["cache.manifest"];
      if (manifest === undefined) return;
      for (const { attributes } of written) writeIndex(attributes.dest as string, attributes.tag ?? "latest", manifest);
    },
  };
}

function latest(folder: string, tag: string): string | undefined {
  return readIndex(folder).manifests.find(({ annotations }) => annotations?.[refName] === tag)?.digest;
}

function readIndex(folder: string): CacheIndex {
  const path = join(folder, "index.json");
  if (!existsSync(path)) return { schemaVersion: 2, manifests: [] };
  return JSON.parse(readFileSync(path, "utf8")) as CacheIndex;
}

function writeIndex(folder: string, tag: string, manifest: string): void {
  const descriptor = JSON.parse(manifest) as CacheIndex["manifests"][number];
  const index = readIndex(folder);
  const others = index.manifests.filter(({ annotations }) => annotations?.[refName] !== tag);
  const entry = { ...descriptor, annotations: { ...descriptor.annotations, [refName]: tag } };
  const text = JSON.stringify({ ...index, manifests: [...others, entry] });
  const passing = join(folder, `.index.json.${process.pid}`);
  try {
    writeFileSync(passing, text);
    renameSync(passing, join(folder, "index.json"));
    writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  } finally {
    rmSync(passing, { force: true });
  }
}
