import { foldStatements, type ImageCheck, shownText } from "./linted-images.ts";

/** With a drive's letter for Windows; what a variable holds is not known. */
const absolute = /^(?:[/\\$]|[a-zA-Z]:)/;

/** Relative paths that depend on the base's working folder. */
export const checkPlaces: ImageCheck = (linted, report) => {
  foldStatements(linted, false, (set, node) => {
    if (node.kind === "workdir") {
      const path = shownText(node.path);
      if (!set && !absolute.test(path)) {
        const message = `Relative workdir "${path}" can have unexpected results if the base image changes`;
        report("WorkdirRelativePath", node, message);
      }
      return true;
    }
    if (node.kind === "copy" && !set) {
      const target = shownText(node.destination);
      const workdir = linted.notation === "code" ? "workdir()" : "WORKDIR";
      if (!absolute.test(target)) {
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
