import { type ImageRecord, LocalImages, type Store } from "@strake/engine";
import { type Descriptor, familiarReference, type ImageConfig, imageDescriptor, parseReference } from "@strake/oci";
import { parseGoTemplate } from "../format/template/go-template.ts";
import { askedConfig, dockerConfig } from "./docker-config.ts";
import { findImage, namedRecords } from "./find-image.ts";
import type { InspectRequest } from "./request.ts";

/** An image as docker's API describes it; absent where docker leaves a field out. */
export interface Inspection {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent: string;
  readonly Comment: string;
  readonly Created: string;
  readonly Author: string;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  readonly Size: number;
  readonly RootFS: { readonly Type: "layers"; readonly Layers: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
  readonly Descriptor: Descriptor;
}

/** What `strake inspect` has to tell. */
export interface Inspected {
  readonly text: string;
  /** A name that there is no image for keeps nothing else from being told. */
  readonly errors: readonly unknown[];
}

/** Describes images of the store: what `strake inspect` prints. */
export async function inspectImages(store: Store, request: InspectRequest): Promise<Inspected> {
  const format = request.format === "" ? undefined : request.format;
  const template = format === undefined || format === "json" ? undefined : parseGoTemplate(format);
  const inspections: Inspection[] = [];
  const errors: unknown[] = [];
  for (const text of request.images) {
    try {
      inspections.push(await inspectImage(store, findImage(store, text)));
    } catch (error) {
      errors.push(error);
    }
  }
  if (template !== undefined) {
    const shown = inspections.map((each) => template({ ...each, Config: askedConfig(each.Config) }));
    return { text: shown.map((each) => `${each}\n`).join(""), errors };
  }
  return { text: `${JSON.stringify(inspections, undefined, format === undefined ? 4 : undefined)}\n`, errors };
}

async function inspectImage(store: Store, record: ImageRecord): Promise<Inspection> {
  const image = await new LocalImages(store).open(record);
  const names = namedRecords(store).filter(({ id }) => id === record.id);
  return toInspection(record, names, await image.config(), await imageDescriptor(image));
}

/** Puts together what is known of an image in docker's shape. */
export function toInspection(
  record: ImageRecord,
  names: ReturnType<typeof namedRecords>,
  config: ImageConfig,
  descriptor: Descriptor,
): Inspection {
  const tagged = names
    .map(({ name }) => parseReference(name))
    .filter(({ tag, digest }) => tag !== undefined && digest === undefined);
  const digests = names.map(({ name, manifest, index }) => {
    const { tag: _tag, ...repository } = parseReference(name);
    return familiarReference({ ...repository, digest: index ?? manifest });
  });
  const osVersion = config["os.version"];
  return {
    Id: record.id,
    RepoTags: tagged.map(familiarReference),
    RepoDigests: [...new Set(digests)],
    Parent: "",
    Comment: config.history?.at(-1)?.comment ?? "",
    Created: config.created ?? "",
    Author: config.author ?? "",
    Config: dockerConfig(config.config),
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(osVersion === undefined ? {} : { OsVersion: osVersion }),
    Size: record.size,
    RootFS: { Type: "layers", Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: new Date(Math.max(...names.map(({ named }) => named), record.named)).toISOString() },
    Descriptor: descriptor,
  };
}
