import type { Mount, TextValue } from "@strake/core";
import { optionsCode, textCode } from "./code.ts";
import type { StageNames } from "./stage-names.ts";

/** Prints what a command sees besides the image's files. */
export function mountCode(mount: Mount, names: StageNames): string {
  const text = (value: TextValue | undefined) => (value === undefined ? undefined : textCode(value as string, names));
  const call = (args: readonly (string | undefined)[], options: Readonly<Record<string, string | undefined>>) =>
    `${names.use(mount.type)}(${[...args, ...optionsCode(options)].join(", ")})`;
  switch (mount.type) {
    case "bind":
      return call([text(mount.target)], {
        from: names.from(mount.from),
        source: text(mount.source),
        writable: value(mount.writable),
      });
    case "cache": {
      const { from, sharing, readonly } = mount;
      return call([text(mount.target)], {
        id: text(mount.id),
        sharing: value(sharing),
        from: from === undefined ? undefined : names.from(from),
        source: text(mount.source),
        readonly: value(readonly),
        ...owner(mount),
      });
    }
    case "tmpfs":
      return call([text(mount.target)], { size: value(mount.size) });
    case "secret":
      return call([JSON.stringify(mount.id)], {
        target: text(mount.target),
        env: value(mount.env),
        required: value(mount.required),
        ...owner(mount),
      });
    case "ssh":
      return call([], {
        id: value(mount.id),
        target: text(mount.target),
        required: value(mount.required),
        ...owner(mount),
      });
  }
}

function owner({ mode, uid, gid }: { readonly mode?: number; readonly uid?: number; readonly gid?: number }) {
  return { mode: mode === undefined ? undefined : modeCode(mode), uid: value(uid), gid: value(gid) };
}

/** Prints a mode as people read them. */
export function modeCode(mode: number): string {
  return `0o${mode.toString(8)}`;
}

function value(said: string | number | boolean | undefined): string | undefined {
  return said === undefined ? undefined : JSON.stringify(said);
}
