import { type Image, image } from "strake";

const versions = ["20", "22", "24"];
const variants = ["slim", "alpine"];

const images: Record<string, Image> = {};
for (const version of versions) {
  for (const variant of variants) {
    images[`node-${version}-${variant}`] = image()
      .from(`node:${version}-${variant}`)
      .env({ NODE_VERSION_LINE: version })
      .workdir("/app")
      .copy("package.json", "./")
      .run(
        variant === "alpine"
          ? "apk add --no-cache tini"
          : "apt-get update && apt-get install -y --no-install-recommends tini",
      )
      .entrypoint(["tini", "--"])
      .cmd(["node"]);
  }
}

export default images;
