import { OciError } from "./oci-error.ts";

/** An operating system and processor that an image is for; the OCI image index's `platform` object. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

const architectureAliases: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  i386: ["386"],
  i486: ["386"],
  i586: ["386"],
  i686: ["386"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
};

const knownSystems = new Set([
  "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux",
  "netbsd", "openbsd", "plan9", "solaris", "wasip1", "wasi", "windows",
]); // biome-ignore format: a list of names

const knownArchitectures = new Set([
  "386", "amd64", "amd64p32", "arm", "arm64", "arm64be", "armbe", "loong64", "mips", "mips64", "mips64le", "mips64p32",
  "mips64p32le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
]); // biome-ignore format: a list of names

/**
 * Parses `os`, `architecture`, `os/architecture` or `os/architecture/variant`, in containerd's notation.
 *
 * A missing part is taken from `defaults`; Windows versions are written `windows(10.0.1)/amd64`.
 *
 * @throws OciError `invalid-platform`
 */
export function parsePlatform(text: string, defaults: Platform = linuxAmd64): Platform {
  const parts = text.trim().split("/");
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_.()-]+$/.test(part))) {
    throw new OciError(
      "invalid-platform",
      `"${text}" is not a platform: expected os/architecture[/variant], such as linux/arm64`,
    );
  }
  const [first = "", second, third] = parts;
  if (second === undefined) {
    if (knownSystems.has(first.toLowerCase().replace(/\(.*$/, ""))) {
      return normalise(first, defaults.architecture, defaults.variant);
    }
    const platform = normalise(defaults.os, first);
    if (knownArchitectures.has(platform.architecture)) return platform;
    throw new OciError(
      "invalid-platform",
      `"${text}" is not a platform: neither an operating system nor a processor is called so`,
    );
  }
  return normalise(first, second, third);
}

/** Writes a platform as `os/architecture[/variant]`; the OS version is left out. */
export function printPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant === undefined ? base : `${base}/${platform.variant}`;
}

/**
 * Tells whether an image for `offered` runs where `wanted` is asked for.
 *
 * An arm image of a lower variant runs on a higher one, as containerd's default matcher has it.
 */
export function matchesPlatform(offered: Platform, wanted: Platform): boolean {
  const left = normalise(offered.os, offered.architecture, offered.variant);
  const right = normalise(wanted.os, wanted.architecture, wanted.variant);
  if (left.os !== right.os || left.architecture !== right.architecture) return false;
  if (left.variant === right.variant) return true;
  if (left.architecture === "arm") return variantNumber(left.variant ?? "v7") <= variantNumber(right.variant ?? "v7");
  return left.variant === undefined || right.variant === undefined;
}

/** The platform most images are for, and the one taken where nothing else is said. */
export const linuxAmd64: Platform = Object.freeze({ os: "linux", architecture: "amd64" });

function variantNumber(variant: string): number {
  return Number(variant.replace(/^v/, ""));
}

function normalise(system: string, architecture: string, variant?: string): Platform {
  const versioned = /^([^(]+)\(([^)]*)\)$/.exec(system);
  const os = (versioned?.[1] ?? system).toLowerCase();
  const [name, aliasVariant] = architectureAliases[architecture.toLowerCase()] ?? [architecture.toLowerCase()];
  const spelled = variant?.toLowerCase() ?? aliasVariant;
  const withV = spelled !== undefined && /^\d/.test(spelled) ? `v${spelled}` : spelled;
  // The variants that every processor of the family has are left out, except on 32-bit arm, where v7 is spelled.
  const implied = (name === "arm64" && withV === "v8") || (name === "amd64" && withV === "v1");
  const kept = implied ? undefined : name === "arm" ? (withV ?? "v7") : withV;
  return {
    os: os === "macos" ? "darwin" : os,
    architecture: name,
    ...(kept === undefined ? {} : { variant: kept }),
    ...(versioned?.[2] ? { osVersion: versioned[2] } : {}),
  };
}
