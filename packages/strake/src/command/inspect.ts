import { type ImageRecord, LocalImages, type Store } from "@strake/engine";
import { type Descriptor, familiarReference, type ImageConfig, imageDescriptor, parseReference } from "@strake/oci";
import { parseGoTemplate } from "../format/go-template.ts";
import { findImage, namedRecords } from "./find-image.ts";
import type { InspectRequest } from "./request.ts";

/** An image as docker's API describes it; absent where docker leaves a field out. */
export interface Inspection {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Comment: string;
  readonly Created: string;
  readonly Author: string;
  readonly Config: ImageConfig["config"] | null;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  readonly Size: number;
  readonly RootFS: { readonly Type: "layers"; readonly Layers: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
  readonly Descriptor: Descriptor;
}

/** Describes images of the store: what `strake inspect` prints. */
export async function inspectImages(store: Store, request: InspectRequest): Promise<string> {
  const template = request.format === undefined ? undefined : parseGoTemplate(request.format);
  const local = new LocalImages(store);
  const inspections: Inspection[] = [];
  for (const text of request.images) {
    const record = findImage(store, text);
    const image = await local.open(record);
    const names = namedRecords(store).filter(({ id }) => id === record.id);
    inspections.push(toInspection(record, names, await image.config(), await imageDescriptor(image)));
  }
  if (template !== undefined) return inspections.map((each) => `${template(each)}\n`).join("");
  return `${JSON.stringify(inspections, undefined, 4)}\n`;
}

/** Puts together what is known of an image in docker's shape. */
export function toInspection(
  record: ImageRecord,
  names: ReturnType<typeof namedRecords>,
  config: ImageConfig,
  descriptor: Descriptor,
): Inspection {
  const tagged = names.map(({ name }) => parseReference(name)).filter(({ tag }) => tag !== undefined);
  const digests = names.map(({ name, manifest }) => {
    const { tag: _tag, ...repository } = parseReference(name);
    return familiarReference({ ...repository, digest: manifest });
  });
  const osVersion = config["os.version"];
  return {
    Id: record.id,
    RepoTags: tagged.map(familiarReference),
    RepoDigests: [...new Set(digests)],
    Comment: config.history?.at(-1)?.comment ?? "",
    Created: config.created ?? "",
    Author: config.author ?? "",
    Config: config.config ?? null,
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
