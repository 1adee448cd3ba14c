import { type ImageCheck, shownText, statements } from "./linted-images.ts";

/** Bases without a version, and bases for another platform. */
export const checkBases: ImageCheck = (linted, report) => {
  for (const node of statements(linted)) {
    if (node.kind !== "from" || node.base.type !== "reference") continue;
    const image = shownText(node.base.name);
    if (!image.includes("$") && !image.includes("@")) {
      const tag = image.slice(image.lastIndexOf("/") + 1).split(":")[1];
      if (tag === undefined) report("UntaggedBase", node, `${image} has no tag, which means latest`);
      else if (tag === "latest") report("LatestBase", node, `${image} changes with every release`);
    }
    const platform = node.platform === undefined ? undefined : shownText(node.platform);
    const { offered, wanted } = linted.basePlatform?.(image, platform) ?? { offered: "", wanted: "" };
    if (sameMachine(offered, wanted)) continue;
    const message = `Base image ${image} was pulled with platform "${offered}", expected "${wanted}" for current build`;
    report("InvalidBaseImagePlatform", node, message);
  }
};

/** Whether two platforms have the same system and architecture; variants may differ. */
function sameMachine(one: string, other: string): boolean {
  return one.split("/").slice(0, 2).join("/") === other.split("/").slice(0, 2).join("/");
}
