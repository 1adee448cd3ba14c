import { foldStatements, type ImageCheck, shownText } from "./linted-images.ts";

/** Relative paths that depend on the base's working folder. */
export const checkPlaces: ImageCheck = (linted, report) => {
  foldStatements(linted, false, (set, node) => {
    if (node.kind === "workdir") {
      const path = shownText(node.path);
      // What a variable holds is not known.
      if (!set && !path.startsWith("/") && !path.startsWith("$")) {
        const message = `Relative workdir "${path}" can have unexpected results if the base image changes`;
        report("WorkdirRelativePath", node, message);
      }
      return true;
    }
    if (node.kind === "copy" && !set) {
      const target = shownText(node.destination);
      const workdir = linted.notation === "code" ? "workdir()" : "WORKDIR";
      if (!/^([/\\$]|[a-zA-Z]:)/.test(target)) {
        report(
          "RelativeCopyTarget",
          node,
          `${linted.word(node)} to the relative path ${target} without a ${workdir} before`,
        );
      }
    }
    return set;
  });
};
