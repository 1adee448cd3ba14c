import { basename } from "node:path";
import { type Definition, Image, outsideNames, resolutionKey } from "@strake/core";
import type { Finding, ReadDockerfile } from "@strake/dockerfile";
import { type ImageConfig, type Platform, parseBaseName, printPlatform, printReference } from "@strake/oci";
import type { FoundDockerfile } from "./find-dockerfile.ts";
import { ignoreRulesOf } from "./ignore-rules.ts";
import { parseLayoutContext, parseNamedContext } from "./named-context.ts";
import type { Planner } from "./plan-targets.ts";

/** What the reading of a Dockerfile goes by. */
export interface DockerfileOptions {
  readonly buildArgs: ReadonlyMap<string, string>;
  /** The stage to build; the last where absent. */
  readonly stage?: string | undefined;
  /** What `--build-context` names, by name. */
  readonly contexts: ReadonlyMap<string, string>;
  /** The machine's own platform. */
  readonly platform: Platform;
}

/** The image that a Dockerfile says; what it comes to can differ from one platform to the next. */
export class DockerfileImages {
  /** What messages and images are called by: the stage, or the folder. */
  readonly name: string;
  readonly #options: DockerfileOptions;
  readonly #names: Map<Definition, string>;
  readonly #read: (platform: Platform, config?: BaseConfig) => ReadDockerfile;
  readonly #lint: Lint;
  /** Warnings end the build, by a `check=error=true`. */
  readonly strict: boolean;

  private constructor(
    found: FoundDockerfile,
    options: DockerfileOptions,
    names: Map<Definition, string>,
    reading: Pick<DockerfileImages, "strict"> & {
      readonly read: (platform: Platform, config?: BaseConfig) => ReadDockerfile;
      readonly lint: Lint;
    },
  ) {
    this.#options = options;
    this.#names = names;
    this.#read = reading.read;
    this.#lint = reading.lint;
    this.strict = reading.strict;
    const called = options.stage ?? found.name ?? basename(found.context);
    this.name = called.toLowerCase().replace(/[^a-z0-9._-]+/g, "-") || "image";
  }

  /**
   * Reads a Dockerfile.
   *
   * @param names gets what its stages are called
   */
  static async open(
    found: FoundDockerfile,
    options: DockerfileOptions,
    names: Map<Definition, string>,
  ): Promise<DockerfileImages> {
    const { lintDockerfile, parseDockerfile, readDockerfile, readSuppressions } = await import("@strake/dockerfile");
    const tree = parseDockerfile(found.text, { file: found.shown ?? found.file });
    const contexts = new Map([...options.contexts].map(([name, value]) => [name, parseNamedContext(name, value)]));
    const given = (platform: Platform, baseConfig: BaseConfig | undefined) => ({
      context: found.context,
      platform: printPlatform(platform),
      buildPlatform: printPlatform(options.platform),
      buildArgs: options.buildArgs,
      contexts,
      ...(options.stage === undefined ? {} : { target: options.stage }),
      ...(baseConfig === undefined ? {} : { baseConfig }),
    });
    const ignoreOf = ignoreRulesOf(found.file, found.context);
    return new DockerfileImages(found, options, names, {
      strict: readSuppressions(tree, options.buildArgs).strict,
      read: (platform, baseConfig) => readDockerfile(tree, given(platform, baseConfig)),
      lint: (platform, baseConfig, building) =>
        lintDockerfile(tree, { ...given(platform, baseConfig), ignoreOf, building }),
    });
  }

  /** The image as far as it can be told without looking at any base. */
  first(): Image {
    return this.#image(this.#read(this.#options.platform));
  }

  /** The image for a platform; its bases are looked up, since their variables and triggers take part. */
  async image(platform: Platform, planner: Planner): Promise<Image> {
    const config = configsOf(planner);
    for (let reading = this.#read(platform); ; reading = this.#read(platform, config)) {
      const unknown = outsideNames([reading.definition], platform).some(
        ({ name }) => !planner.resolution.has(resolutionKey(name)),
      );
      if (!unknown && reading.missing.length === 0) return this.#image(reading);
      await planner.resolve(reading.definition, platform);
      const again = this.#read(platform, config);
      if (again.missing.length === reading.missing.length && !unknown) return this.#image(again);
    }
  }

  /** What the checks find, in all stages or only in those that a build needs. */
  lint: Lint = (platform, config, building) => this.#lint(platform, config, building);

  #image(reading: ReadDockerfile): Image {
    for (const [definition, name] of reading.names) this.#names.set(definition, name);
    this.#names.set(reading.definition, this.name);
    return new Image(reading.definition);
  }
}

/** Checks a Dockerfile; what hangs on bases that `config` does not know is left out. */
type Lint = (platform: Platform, config: BaseConfig, building: boolean) => readonly Finding[];

/** What is known of a base, by its name and the platform it is wanted for. */
export type BaseConfig = (name: string, platform: string) => ImageConfig | undefined;

/** The configs of the bases that were looked up for a plan. */
export function configsOf({ resolution }: Planner): BaseConfig {
  return (name, platform) => {
    const layout = parseLayoutContext(name);
    if (layout !== undefined) return resolution.get(resolutionKey({ ...layout, platform }))?.config;
    const key = resolutionKey({ type: "image", name: printReference(parseBaseName(name)), platform });
    return resolution.get(key)?.config;
  };
}
