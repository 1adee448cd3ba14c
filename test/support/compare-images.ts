import { type ImageConfigDocument, imageFiles, type JudgedImage } from "./image-files.ts";
import type { TreeFile } from "./walk-files.ts";

/** What a comparison leaves out. */
export interface CompareOptions {
  /** Fields of the configuration, as `history` or `config.Labels`. */
  readonly ignore?: readonly string[];
}

/**
 * Compares two images, in any of the forms `imageFiles` takes, and returns one readable line for each difference,
 * so nothing when their files and configuration are the same. Times, and how files are spread over layers beyond
 * the number of layers, do not count.
 */
export async function compareImages(first: string, second: string, options: CompareOptions = {}): Promise<string[]> {
  const [one, other] = await Promise.all([imageFiles(first), imageFiles(second)]);
  return compareJudged(one, other, options);
}

/** Compares two images that are already unpacked. */
export function compareJudged(first: JudgedImage, second: JudgedImage, options: CompareOptions = {}): string[] {
  return [...compareFiles(first.files, second.files), ...compareConfigs(first.config, second.config, options)];
}

/** Compares two trees, a line for each path that differs. */
export function compareFiles(first: readonly TreeFile[], second: readonly TreeFile[]): string[] {
  const one = new Map(first.map((file) => [file.path, file]));
  const other = new Map(second.map((file) => [file.path, file]));
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.flatMap((path) => compareFile(path, one.get(path), other.get(path)));
}

function compareFile(path: string, first: TreeFile | undefined, second: TreeFile | undefined): string[] {
  if (first === undefined) return [`${path}: only in the second image (${second?.type} ${second?.mode})`];
  if (second === undefined) return [`${path}: only in the first image (${first.type} ${first.mode})`];
  return compareFields(path, first, second);
}

/** Compares two configurations: what a container or a reader of the history would notice. */
export function compareConfigs(
  first: ImageConfigDocument,
  second: ImageConfigDocument,
  options: CompareOptions = {},
): string[] {
  const ignored = new Set(options.ignore);
  // An entry of the history is named `history 3`.
  const keep = (fields: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !ignored.has(name.replace(/ \d+$/, ""))));
  return compareFields("image config", keep(comparedFields(first)), keep(comparedFields(second)));
}

function comparedFields(document: ImageConfigDocument): Record<string, unknown> {
  const history = (document.history ?? []).map(({ created_by, empty_layer, comment, author }, index) => [
    `history ${index + 1}`,
    withoutEmpty({ created_by, empty_layer, comment, author }),
  ]);
  return withoutEmpty({
    architecture: document.architecture,
    variant: document.variant,
    os: document.os,
    author: document.author,
    ...Object.fromEntries(history),
    layers: document.rootfs.diff_ids?.length ?? 0,
    ...Object.fromEntries(Object.entries(document.config ?? {}).map(([name, value]) => [`config.${name}`, value])),
  });
}

/** Absent, null, false, empty: documents of different tools say "nothing" in different ways. */
function withoutEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    value === null ||
    value === false ||
    value === "" ||
    (typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function compareFields(subject: string, first: object, second: object): string[] {
  const one = new Map<string, unknown>(Object.entries(first));
  const other = new Map<string, unknown>(Object.entries(second));
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((name) => sorted(one.get(name)) !== sorted(other.get(name)))
    .map((name) => `${subject}: ${name} ${sorted(one.get(name))} ≠ ${sorted(other.get(name))}`);
}

/** JSON with the keys of every object in order. */
function sorted(value: unknown): string {
  const order = (_: string, inner: unknown): unknown =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner;
  return JSON.stringify(value, order) ?? "nothing";
}
