import type { ContainerConfig, Descriptor, ImageConfig, Manifest } from "@strake/oci";

/** An image as far as its manifest and config tell. */
export interface DescribedImage {
  readonly manifest: Manifest;
  readonly config: ImageConfig;
}

/** Something that an image's config says, and what another says in its place. */
export interface ConfigChange {
  /** In Dockerfile words: `ENV PATH`, `LABEL org.opencontainers.image.version`, `USER`. */
  readonly what: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** What sets the image that a name stands for apart from the one it stood for before. */
export interface ImageDifference {
  /** The compressed layers, in bytes. */
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly kept: readonly Descriptor[];
  readonly added: readonly Descriptor[];
  readonly removed: readonly Descriptor[];
  readonly config: readonly ConfigChange[];
}

/** Compares two images by their manifests and configs; no layer is read. */
export function imageDifference(before: DescribedImage, after: DescribedImage): ImageDifference {
  const [old, now] = [before.manifest.layers, after.manifest.layers];
  const had = new Set(old.map(({ digest }) => digest));
  const has = new Set(now.map(({ digest }) => digest));
  return {
    sizeBefore: sizeOf(old),
    sizeAfter: sizeOf(now),
    kept: now.filter(({ digest }) => had.has(digest)),
    added: now.filter(({ digest }) => !had.has(digest)),
    removed: old.filter(({ digest }) => !has.has(digest)),
    config: configChanges(before.config, after.config),
  };
}

/** The length of compressed layers together, in bytes. */
export function sizeOf(layers: readonly Descriptor[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

function configChanges(before: ImageConfig, after: ImageConfig): readonly ConfigChange[] {
  const old = statements(before);
  const now = statements(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((what) => ({ what, before: old.get(what), after: now.get(what) }))
    .filter((change) => change.before !== change.after)
    .sort((left, right) => rank(left) - rank(right));
}

/** Statements of one kind stand together, whichever image has them. */
function rank({ what }: ConfigChange): number {
  const [kind = ""] = what.split(" ");
  return ["created", "ENV", ...members.map(([name]) => name), "EXPOSE", "VOLUME", "LABEL"].indexOf(kind);
}

/** What a config says, statement by statement. */
function statements({ created, config = {} }: ImageConfig): ReadonlyMap<string, string> {
  const said = new Map<string, string>();
  const say = (what: string, value: unknown) => {
    if (value === undefined || value === null || value === "") return;
    said.set(what, typeof value === "string" ? value : JSON.stringify(value));
  };
  say("created", created);
  for (const line of config.Env ?? []) {
    const at = line.indexOf("=");
    said.set(`ENV ${line.slice(0, at)}`, line.slice(at + 1));
  }
  for (const [what, member] of members) say(what, config[member]);
  for (const port of Object.keys(config.ExposedPorts ?? {})) said.set(`EXPOSE ${port}`, "");
  for (const path of Object.keys(config.Volumes ?? {})) said.set(`VOLUME ${path}`, "");
  for (const [name, value] of Object.entries(config.Labels ?? {}).sort()) said.set(`LABEL ${name}`, value);
  return said;
}

const members: readonly (readonly [what: string, member: keyof ContainerConfig])[] = [
  ["ENTRYPOINT", "Entrypoint"],
  ["CMD", "Cmd"],
  ["USER", "User"],
  ["WORKDIR", "WorkingDir"],
  ["STOPSIGNAL", "StopSignal"],
  ["SHELL", "Shell"],
  ["HEALTHCHECK", "Healthcheck"],
  ["ONBUILD", "OnBuild"],
];
