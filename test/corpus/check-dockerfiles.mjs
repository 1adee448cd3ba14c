// node test/corpus/check-dockerfiles.mjs FOLDER: what reading, printing and converting make of every Dockerfile below it.
// Each has to be the same byte for byte when it is printed from its syntax, to have the same plan when it is printed from
// its meaning and read again, and the same plan when it is converted and the build file is run. Nothing is looked up:
// every base is taken for an image with a PATH and nothing else. Exit status 1 where one is not the same.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { digestOf, makePlan } from "@strake/core";
import { convertDockerfile, parseDockerfile, printDockerfile, printTree, readDockerfile } from "@strake/dockerfile";
import { transformSync } from "esbuild";

const [corpus = ""] = process.argv.slice(2);
if (corpus === "") throw new Error("name the folder that has the Dockerfiles");

const platform = { os: "linux", architecture: "amd64" };
/** @type {import("@strake/oci/document").ImageConfig} */
const config = {
  ...platform,
  rootfs: { type: "layers", diff_ids: [] },
  config: { Env: ["PATH=/usr/bin"] },
  history: [],
};

class EveryBase extends Map {
  /**
   * @override
   * @param {string} key
   */
  get(key) {
    return { digest: digestOf(key), config };
  }
}
const resolution = new EveryBase();
const core = pathToFileURL(join(import.meta.dirname, "../../packages/core/dist/index.js")).href;

/**
 * @param {import("@strake/core").Definition} definition
 * @param {string} project
 */
function planOf(definition, project) {
  return JSON.stringify(makePlan(definition, { resolution, platform, buildPlatform: platform, project }).plan);
}

/**
 * The plan of an image without the words of its history, which a heredoc's name takes part in.
 *
 * @param {string} plan
 */
function withoutHistory(plan) {
  const { image, ...rest } = JSON.parse(plan);
  return JSON.stringify({ ...rest, image: { ...image, history: [] } });
}

/**
 * @param {string} text
 * @param {string} file
 * @param {string} project
 */
function read(text, file, project) {
  const options = { context: project, platform: "linux/amd64", baseConfig: () => config };
  return readDockerfile(parseDockerfile(text, { file }), options);
}

/**
 * @param {string} text
 * @param {string} file
 * @param {string} project
 */
async function convertedPlan(text, file, project) {
  const { code } = transformSync(convertDockerfile(text, { file }), { loader: "ts", format: "esm" });
  const built = join(project, "build.mjs");
  writeFileSync(built, code.replace('from "strake"', `from ${JSON.stringify(core)}`));
  const { default: image } = await import(`${pathToFileURL(built).href}?${counts.files}`);
  return planOf(image.definition, project);
}

const counts = {
  files: 0,
  "not Dockerfiles": 0,
  "same bytes": 0,
  "printed and read": 0,
  converted: 0,
};
const project = mkdtempSync(join(tmpdir(), "strake-corpus-"));

/** @param {string} file */
async function check(file) {
  const shown = relative(corpus, file);
  const text = readFileSync(file, "utf8");
  counts.files += 1;
  let reading;
  let plan;
  try {
    reading = read(text, file, project);
    plan = planOf(reading.definition, project);
  } catch (error) {
    counts["not Dockerfiles"] += 1;
    console.log(`${shown}: ${error instanceof Error ? error.message : error}`);
    return;
  }
  /**
   * @param {keyof typeof counts} what
   * @param {boolean} right
   */
  const told = (what, right) => {
    if (right) counts[what] += 1;
    else {
      console.log(`${shown}: ${what}: not the same`);
      process.exitCode = 1;
    }
  };
  told("same bytes", printTree(parseDockerfile(text, { file })) === text);
  const printed = printDockerfile(reading.definition, { project, names: reading.names }).text;
  const again = planOf(read(printed, file, project).definition, project);
  told("printed and read", withoutHistory(again) === withoutHistory(plan));
  const converted = await convertedPlan(text, file, project);
  told("converted", converted === plan);
}

try {
  for (const entry of readdirSync(corpus, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && /^Dockerfile|\.Dockerfile$/.test(basename(file)) && dirname(file) !== project)
      await check(file);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
console.log(counts);
