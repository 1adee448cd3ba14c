import { captureCallSite } from "../graph/capture-call-site.ts";
import type { Mount } from "../graph/definition.ts";
import { type Text, toTextValue } from "../output/output.ts";
import { StrakeError } from "../strake-error.ts";
import {
  aCount,
  aMode,
  anything,
  aString,
  aText,
  aTextOrNumber,
  checkOptions,
  type OptionChecks,
  oneOf,
  yesOrNo,
} from "./check-options.ts";
import { type From, toCopyFrom } from "./copy-from.ts";
import { parseSize } from "./parse-size.ts";

/** Who owns a mount and what its mode is: numbers, the mode octal as in `0o600`. */
export interface MountOwner {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface CacheOptions extends MountOwner {
  /** The cache's name; without it, its path. */
  readonly id?: Text;
  /** What happens when two runs want it at once: both have it, each its own, or one waits. Default `shared`. */
  readonly sharing?: "shared" | "private" | "locked";
  /** What a new cache starts with. */
  readonly from?: From;
  readonly source?: Text;
  readonly readonly?: boolean;
}

const owner: OptionChecks<MountOwner> = { mode: aMode, uid: aCount, gid: aCount };

/** A folder that keeps its content between runs and is in no layer; `RUN --mount=type=cache`. */
export function cache(target: Text, options: CacheOptions = {}): Mount {
  const { from, id, source, ...rest } = checkOptions<CacheOptions>("cache", options, {
    id: aText,
    sharing: oneOf("shared", "private", "locked"),
    from: anything,
    source: aText,
    readonly: yesOrNo,
    ...owner,
  });
  return Object.freeze({
    type: "cache",
    target: toTextValue(target),
    ...rest,
    ...(id === undefined ? {} : { id: toTextValue(id) }),
    ...(from === undefined ? {} : { from: toCopyFrom(from, captureCallSite(cache)) }),
    ...(source === undefined ? {} : { source: toTextValue(source) }),
  });
}

export interface BindOptions {
  /** The path within `from`; without it, all of it. */
  readonly source?: Text;
  readonly from?: From;
  /** The command may write; what it writes is thrown away. */
  readonly writable?: boolean;
}

/** Files of the build file's folder or of an image, seen by one run only; `RUN --mount=type=bind`. */
export function bind(target: Text, options: BindOptions = {}): Mount {
  const checks = { source: aText, from: anything, writable: yesOrNo };
  const { source, writable, ...rest } = checkOptions<BindOptions>("bind", options, checks);
  const from = toCopyFrom(rest.from, captureCallSite(bind));
  return Object.freeze({
    type: "bind",
    target: toTextValue(target),
    from,
    ...(source === undefined ? {} : { source: toTextValue(source) }),
    ...(writable === undefined ? {} : { writable }),
  });
}

/** A folder in memory, gone after the run; `RUN --mount=type=tmpfs`. Its size is bytes, or a text such as `64m`. */
export function tmpfs(target: Text, options: { readonly size?: number | string } = {}): Mount {
  const site = captureCallSite(tmpfs);
  const { size } = checkOptions<typeof options>("tmpfs", options, { size: aTextOrNumber });
  return Object.freeze({
    type: "tmpfs",
    target: toTextValue(target),
    ...(size === undefined ? {} : { size: parseSize(size, site) }),
  });
}

export interface SecretOptions extends MountOwner {
  /** Where the file is; without it `/run/secrets/<id>`, or no file at all where `env` is given. */
  readonly target?: Text;
  /** The environment variable that holds the value. */
  readonly env?: string;
  /** The build fails when the value is not given. */
  readonly required?: boolean;
}

/**
 * A value that one run may read and that no layer, history or key contains; `RUN --mount=type=secret`.
 *
 * Only its name is in the definition; the value is given to the build.
 *
 * @throws StrakeError `invalid-secret` for an empty name
 */
export function secret(id: string, options: SecretOptions = {}): Mount {
  if (typeof id !== "string" || id === "") {
    throw new StrakeError({ code: "invalid-secret", message: "a secret needs a name", site: captureCallSite(secret) });
  }
  const checks = { target: aText, env: aString, required: yesOrNo, ...owner };
  const { target, ...rest } = checkOptions<SecretOptions>("secret", options, checks);
  return Object.freeze({
    type: "secret",
    id,
    ...rest,
    ...(target === undefined ? {} : { target: toTextValue(target) }),
  });
}

export interface SshOptions extends MountOwner {
  /** The name of the agent; without it `default`. */
  readonly id?: string;
  readonly target?: Text;
  readonly required?: boolean;
}

/** The author's SSH agent, for one run; `RUN --mount=type=ssh`. */
export function ssh(options: SshOptions = {}): Mount {
  const checks = { id: aString, target: aText, required: yesOrNo, ...owner };
  const { target, ...rest } = checkOptions<SshOptions>("ssh", options, checks);
  return Object.freeze({ type: "ssh", ...rest, ...(target === undefined ? {} : { target: toTextValue(target) }) });
}
