import type { CallSite } from "../graph/call-site.ts";
import { captureCallSite } from "../graph/capture-call-site.ts";
import type { Base, Defined, Definition, FromNode, RunNode, Step } from "../graph/definition.ts";
import { notText } from "../output/not-text.ts";
import { type Output, propertyOf, type Text, toTextValue } from "../output/output.ts";
import { exposedPorts } from "../plan/expose-ports.ts";
import { isStopSignal, noSignal } from "../plan/stop-signal.ts";
import { StrakeError } from "../strake-error.ts";
import type { BaseValue } from "./bases.ts";
import { aText, checkOptions } from "./check-options.ts";
import { checkTrigger } from "./check-trigger.ts";
import { type RunCommand, toCommand, toContainerCommand } from "./commands.ts";
import type { Content } from "./content.ts";
import {
  type AddOptions,
  type CopyOptions,
  checkAddOptions,
  checkCopyOptions,
  checkWriteOptions,
  placing,
  type Source,
  toAddSources,
  toCopyFields,
  toCopySources,
  toWriteFields,
  type WriteOptions,
} from "./copy-options.ts";
import { siteFolder } from "./files.ts";
import { type HealthcheckOptions, toHealthcheck } from "./healthcheck.ts";
import { type Arguments, checkName, type Pairs, toArguments, toPairs } from "./pairs.ts";
import { type RunOptions, toRunFields } from "./run-options.ts";
import {
  checkGiven,
  checkImageNames,
  checkList,
  checkNotEmpty,
  checkPlatforms,
  checkSome,
  checkStrings,
  textValues,
  toDefinition,
} from "./text-values.ts";

/** An image that stands on nothing yet; its only method says what it is made from. */
export interface UnbasedImage {
  /**
   * Starts from a base: the name of an image, another image of this program, `"scratch"`, or what `ociLayout()`,
   * `archive()`, `rootfs()` or `diff()` make. `docker-daemon://NAME` is an image of the Docker Engine's store.
   *
   * @example
   * image().from("debian:bookworm-slim")
   */
  from(base: Text | Defined | BaseValue, options?: { readonly platform?: Text }): Image;
}

/** Begins the definition of an image. */
export function image(): UnbasedImage {
  return unbased;
}

const unbased: UnbasedImage = Object.freeze({
  from(base: Text | Defined | BaseValue, options: { readonly platform?: Text } = {}): Image {
    const site = captureCallSite(unbased.from);
    const { platform } = checkOptions<typeof options>("from", options, { platform: aText });
    if (typeof platform === "string") checkPlatforms([platform], site);
    const node: FromNode = {
      kind: "from",
      base: toBase(base, site),
      ...(platform === undefined ? {} : { platform: toTextValue(platform) }),
      site,
    };
    return new Image(Object.freeze(node));
  },
});

/**
 * The definition of an image; a value.
 *
 * Every method returns a new image with one more statement and leaves this one as it is, so a common beginning can be
 * shared freely. The methods are the instructions of a Dockerfile in lower case, with their flags as options.
 */
export class Image implements Defined {
  /** Marks images of every copy of this package. */
  readonly isStrakeImage = true;
  readonly definition: Definition;

  constructor(definition: Definition) {
    this.definition = definition;
    Object.freeze(this);
  }

  /** Recognises an image of any copy of this package. */
  static is(value: unknown): value is Image {
    return typeof value === "object" && value !== null && "isStrakeImage" in value;
  }

  /** Applies a function to this image: the way to use a piece that several images share. */
  with(change: (image: Image) => Image): Image {
    if (typeof change !== "function") throw notText(change, "a function from image to image");
    const changed = change(this);
    if (Image.is(changed)) return changed;
    throw notText(changed, "an image from the function that with() was given");
  }

  /**
   * Runs a command and keeps what it changes as a layer.
   *
   * A string is a line for the shell; an array is a program with its arguments.
   *
   * @example
   * image().from("node:24-slim").run("npm ci", { mounts: [cache("/root/.npm")] })
   */
  run(command: RunCommand, options: RunOptions = {}): Image {
    const site = captureCallSite(this.run);
    const fields: Fields<RunNode> = { kind: "run", command: toCommand(command, site), ...toRunFields(options) };
    return this.#then(fields, site);
  }

  /**
   * Copies files from the build file's folder, or from another image, into a layer.
   *
   * The content of a folder is copied, not the folder; a destination with a trailing slash is a folder.
   *
   * @throws StrakeError for several sources without a folder to put them in, and for paths that leave their root
   * @example
   * image().from("scratch").copy(files("public/**"), "/srv/")
   */
  copy(sources: Source | readonly Source[], destination: Text, options: CopyOptions = {}): Image {
    const site = captureCallSite(this.copy);
    checkGiven("copy", "a destination", destination);
    const checked = checkCopyOptions(options);
    const parents = checked.parents ? { parents: true } : {};
    const placed = toCopySources(sources, destination, checked, site);
    return this.#then({ kind: "copy", ...placed, ...toCopyFields(destination, checked), ...parents }, site);
  }

  /**
   * Copies as `copy` does, and also takes `http(s)` addresses, git repositories, and archives, which it unpacks.
   *
   * @example
   * image().from("scratch").add("https://example.com/tool", "/bin/tool", { checksum: "sha256:…", chmod: 0o755 })
   */
  add(sources: Text | Content | readonly (Text | Content)[], destination: Text, options: AddOptions = {}): Image {
    const site = captureCallSite(this.add);
    checkGiven("add", "a destination", destination);
    const checked = checkAddOptions(options);
    const { checksum, keepGitDir, unpack } = checked;
    return this.#then(
      {
        kind: "add",
        sources: toAddSources(sources, destination, checked, site),
        from: { type: "context", root: siteFolder(site) },
        ...toCopyFields(destination, checked),
        ...(checksum === undefined ? {} : { checksum: toTextValue(checksum) }),
        ...(keepGitDir === undefined ? {} : { keepGitDir }),
        ...(unpack === undefined ? {} : { unpack }),
      },
      site,
    );
  }

  /** Writes a file whose content stands in the definition; a heredoc of COPY. Its mode is 0644 unless `chmod` says. */
  write(path: Text, content: Text | Uint8Array, options: WriteOptions = {}): Image {
    const site = captureCallSite(this.write);
    checkGiven("write", "a path", path);
    checkGiven("write", "what is to be in the file", content);
    if (typeof path === "string" && /(^|\/)\.{0,2}$/.test(path)) {
      throw new StrakeError({ code: "invalid-path", message: `"${path}" is not the path of a file`, site });
    }
    const kept = content instanceof Uint8Array ? content.slice() : toTextValue(content);
    const fields = toWriteFields(checkWriteOptions("write", options));
    return this.#then({ kind: "write", path: toTextValue(path), content: kept, ...fields }, site);
  }

  /** Lays the files of other images over this one; the config stays this image's. */
  merge(...images: readonly Defined[]): Image {
    const site = captureCallSite(this.merge);
    return this.#then({ kind: "merge", images: Object.freeze(images.map(toDefinition)) }, site);
  }

  /**
   * Sets environment variables, for later commands and for containers.
   *
   * Values, and names in a list of pairs, may hold variables: they see those before the statement.
   */
  env(variables: Pairs): Image {
    const site = captureCallSite(this.env);
    const pairs = toPairs(variables);
    for (const [name] of pairs) if (typeof name === "string") checkName(name, "an environment variable", site);
    return this.#then({ kind: "env", variables: pairs }, site);
  }

  /** Adds labels to the image's config; names in a list of pairs may hold variables. */
  label(labels: Pairs): Image {
    return this.#then({ kind: "label", labels: toPairs(labels) }, captureCallSite(this.label));
  }

  /**
   * Declares a build argument; later commands see it, containers do not. `--build-arg` replaces its default.
   *
   * A record, or a list of pairs, declares several as one statement; each sees those before it.
   */
  arg(name: string | Arguments, value?: Text): Image {
    const site = captureCallSite(this.arg);
    const declared = toArguments(typeof name === "string" ? [[name, value]] : name, site);
    return declared.reduce<Image>((before, each, at) => {
      const joined = at === declared.length - 1 ? {} : { history: null };
      return before.#then({ kind: "arg", ...each, ...joined }, site);
    }, this);
  }

  /**
   * Sets the folder that later commands, relative paths and containers start in, and makes it, for the user so far.
   *
   * With `rules: "docker"` a user that the image does not have is taken for root.
   */
  workdir(path: Text, options: Pick<CopyOptions, "rules" | "permissions"> = {}): Image {
    checkNotEmpty("workdir", "a path", path);
    // Permissions are no matter of a folder that is made; likeDocker has them.
    const { rules } = checkOptions<typeof options>("workdir", options, placing);
    const fields = { kind: "workdir", path: toTextValue(path), ...(rules === undefined ? {} : { rules }) } as const;
    return this.#then(fields, captureCallSite(this.workdir));
  }

  /** Sets who runs later commands and containers: `user` or `user:group`, by name or number. */
  user(user: Text | number): Image {
    checkNotEmpty("user", "a name or a number", user);
    const text = typeof user === "number" ? String(user) : user;
    return this.#then({ kind: "user", user: toTextValue(text) }, captureCallSite(this.user));
  }

  /** Says which ports a container listens on: `8080`, `"53/udp"`, `"8000-8010"`. */
  expose(...ports: readonly (Text | number)[]): Image {
    const site = captureCallSite(this.expose);
    checkSome("expose", "a port", ports);
    const texts = ports.map((port) => (typeof port === "number" ? String(port) : toTextValue(port)));
    for (const port of texts) if (typeof port === "string") exposedPorts([port], site);
    return this.#then({ kind: "expose", ports: Object.freeze(texts) }, site);
  }

  /** Says which folders of a container keep their content outside it. */
  volume(...paths: readonly Text[]): Image {
    checkSome("volume", "a path", paths);
    for (const path of paths) checkNotEmpty("volume", "a path", path);
    return this.#then({ kind: "volume", paths: Object.freeze(paths.map(toTextValue)) }, captureCallSite(this.volume));
  }

  /** Sets a container's command, or the arguments of its entrypoint; a string is for the shell. */
  cmd(command: Text | readonly Text[]): Image {
    checkGiven("cmd", "a command", command);
    return this.#then({ kind: "cmd", command: toContainerCommand(command) }, captureCallSite(this.cmd));
  }

  /** Sets the program a container is; a string is for the shell. A command inherited from the base is dropped. */
  entrypoint(command: Text | readonly Text[]): Image {
    checkGiven("entrypoint", "a program", command);
    return this.#then({ kind: "entrypoint", command: toContainerCommand(command) }, captureCallSite(this.entrypoint));
  }

  /** Sets how a container is asked whether it is well; `"none"` switches a healthcheck of the base off. */
  healthcheck(command: Text | readonly Text[], options: HealthcheckOptions = {}): Image {
    const site = captureCallSite(this.healthcheck);
    return this.#then({ kind: "healthcheck", ...toHealthcheck(command, options, site) }, site);
  }

  /** Sets the signal that stops a container. */
  stopsignal(signal: Text | number): Image {
    const site = captureCallSite(this.stopsignal);
    const text = typeof signal === "number" ? String(signal) : toTextValue(signal);
    if (typeof text === "string" && !isStopSignal(text)) throw noSignal(text, site);
    return this.#then({ kind: "stopsignal", signal: text }, site);
  }

  /** Sets the shell of the commands that follow; `["/bin/sh", "-c"]` unless said otherwise. */
  shell(shell: readonly string[]): Image {
    const site = captureCallSite(this.shell);
    checkList(shell, '["/bin/bash", "-c"]');
    checkStrings(shell);
    if (shell.length === 0) throw new StrakeError({ code: "invalid-shell", message: "a shell needs a program", site });
    return this.#then({ kind: "shell", shell: Object.freeze([...shell]) }, site);
  }

  /** Adds an instruction, as a Dockerfile would say it, that images which stand on this one carry out first. */
  onbuild(instruction: string): Image {
    const site = captureCallSite(this.onbuild);
    checkStrings([instruction]);
    checkTrigger(instruction, site);
    return this.#then({ kind: "onbuild", instruction }, site);
  }

  /** Sets the author in the image's config. */
  maintainer(author: Text): Image {
    return this.#then({ kind: "maintainer", author: toTextValue(author) }, captureCallSite(this.maintainer));
  }

  /** Adds annotations to the image's manifest. */
  annotation(annotations: Readonly<Record<string, Text>>): Image {
    return this.#then({ kind: "annotation", annotations: textValues(annotations) }, captureCallSite(this.annotation));
  }

  /** Names the image, for builds that are not told a name. */
  tag(...names: readonly string[]): Image {
    const site = captureCallSite(this.tag);
    checkStrings(names);
    checkImageNames(names, site);
    return this.#then({ kind: "tag", names: Object.freeze([...names]) }, site);
  }

  /** Says which platforms the image is built for, for builds that are not told. */
  platforms(...platforms: readonly string[]): Image {
    const site = captureCallSite(this.platforms);
    checkStrings(platforms);
    checkPlatforms(platforms, site);
    return this.#then({ kind: "platforms", platforms: Object.freeze([...platforms]) }, site);
  }

  /** The digest of the image's config: what Docker calls its id. */
  get id(): Output<string> {
    return propertyOf(this.definition, "id");
  }

  /** The digest of the image's manifest: what a registry calls it by. */
  get digest(): Output<string> {
    return propertyOf(this.definition, "digest");
  }

  /** The image's first name with its digest, `name@sha256:…`. */
  get reference(): Output<string> {
    return propertyOf(this.definition, "reference");
  }

  #then<N extends Step>(fields: Fields<N>, site: CallSite): Image {
    return new Image(Object.freeze({ ...fields, input: this.definition, site }) as unknown as Step);
  }
}

/** A node without what every statement has. */
type Fields<N extends Step> = N extends Step ? Omit<N, "input" | "site"> : never;

function toBase(base: Text | Defined | BaseValue, site: CallSite): Base {
  if (base === "scratch") return { type: "scratch" };
  if (typeof base === "string") return { type: "reference", name: base };
  if (typeof base === "object" && base !== null) {
    if ("isStrakeBase" in base) return base.base;
    if ("definition" in base) return { type: "image", image: base.definition };
    if ("expression" in base) return { type: "reference", name: base.expression };
  }
  throw new StrakeError({
    code: "invalid-base",
    message: "from() takes the name of an image, an image, scratch, ociLayout(), archive(), rootfs() or diff()",
    notes: base === undefined ? ["It was given undefined, as happens where two files import each other."] : [],
    site,
  });
}
