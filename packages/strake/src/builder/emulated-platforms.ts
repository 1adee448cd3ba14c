import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Platform, parsePlatform } from "@strake/oci";

/** What QEMU calls processors, and what images do. */
const processors: Readonly<Record<string, string>> = {
  aarch64: "arm64",
  arm: "arm",
  i386: "386",
  loongarch64: "loong64",
  mips64: "mips64",
  mips64el: "mips64le",
  ppc64le: "ppc64le",
  riscv64: "riscv64",
  s390x: "s390x",
  x86_64: "amd64",
};

/**
 * Lists the platforms whose programs this machine's kernel hands to an emulator (binfmt_misc).
 *
 * Only emulators that the kernel holds open (the flag F) are found from within an image.
 *
 * @param folder where the kernel tells of them
 */
export function emulatedPlatforms(folder = "/proc/sys/fs/binfmt_misc"): readonly Platform[] {
  return listIfThere(folder).flatMap((name) => {
    const processor = processors[name.replace(/^qemu-/, "")];
    if (processor === undefined) return [];
    const text = readFileSync(join(folder, name), "utf8");
    return /^enabled$/m.test(text) && /^flags:.*F/m.test(text) ? [parsePlatform(`linux/${processor}`)] : [];
  });
}

function listIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
