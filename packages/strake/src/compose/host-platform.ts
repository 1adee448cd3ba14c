import { arch } from "node:os";
import { type Platform, parsePlatform } from "@strake/oci";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", arm: "arm/v7" };

/** The platform that images are built for where nobody says: Linux, on this machine's processor. */
export function hostPlatform(): Platform {
  return parsePlatform(`linux/${architectures[arch()] ?? arch()}`);
}
