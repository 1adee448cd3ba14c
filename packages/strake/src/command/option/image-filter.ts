import { usageError } from "../usage-error.ts";

/** One `--filter` of `strake images`. */
export interface ImageFilter {
  readonly key: (typeof keys)[number];
  readonly value: string;
}

const keys = ["reference", "label", "before", "since", "dangling", "until"] as const;

/** Reads a filter in docker's notation, `key=value`. @throws StrakeError `usage` */
export function parseImageFilter(text: string): ImageFilter {
  const [, name, value = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const key = keys.find((each) => each === name);
  if (key === undefined) {
    throw usageError(`--filter ${text}: expected one of ${keys.map((each) => `${each}=…`).join(", ")}`);
  }
  if (key !== "dangling") return { key, value };
  if (/^(?:true|1|t)$/i.test(value)) return { key, value: "true" };
  if (/^(?:false|0|f)$/i.test(value)) return { key, value: "false" };
  throw usageError(`--filter ${text}: dangling is true or false`);
}
