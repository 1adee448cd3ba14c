import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "./repository.ts";

const packages = readdirSync(join(repositoryRoot, "packages"));

/** Finds paths of the repository a document names, in backticks or as the target of a link. */
function namedPaths(document: string): string[] {
  const prose = document.replace(/^```[\s\S]*?^```/gm, "");
  const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text).filter(looksLikePath);
  const links = [...prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = ""]) => target);
  return [...new Set([...quoted, ...links.filter((target) => !/^[a-z]+:/.test(target))])];
}

/** A path starts at a top folder, or at a package (`core/src/…`); one with a blank in a pattern is not one path. */
function looksLikePath(text: string): boolean {
  const [top = "", ...rest] = text.split("/");
  const starts = ["packages", "examples", "test", ".ci", ...packages].includes(top) && rest.length > 0;
  return starts && /^[\w./*@-]+$/.test(text);
}

/** Says whether a path leads somewhere; of one with a star, the folder before the star has to. */
function leadsSomewhere(path: string): boolean {
  const solid = path.split("*")[0]?.replace(/[^/]*$/, path.includes("*") ? "" : "$&") ?? "";
  return existsSync(join(repositoryRoot, solid)) || existsSync(join(repositoryRoot, "packages", solid));
}

describe.each(["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])("%s", (name) => {
  it("names only paths that exist", () => {
    const document = readFileSync(join(repositoryRoot, name), "utf8");
    expect(namedPaths(document).filter((path) => !leadsSomewhere(path))).toEqual([]);
  });
});

describe("ARCHITECTURE.md", () => {
  it("mentions every package", () => {
    const document = readFileSync(join(repositoryRoot, "ARCHITECTURE.md"), "utf8");
    expect(packages.filter((name) => !document.includes(`packages/${name}`))).toEqual([]);
  });
});

describe("the look for paths", () => {
  it("finds them in backticks and links, and not in code blocks, commands or addresses", () => {
    const document = [
      "See `packages/oci/src/gone.ts`, `core/src/gone.ts`, [this](test/gone.md#part) and [that](https://a.test/b).",
      "Not `npm test`, `application/json`, `packages/oci and more`.",
      "```",
      "`packages/oci/in-a-block.ts`",
      "```",
    ].join("\n");
    expect(namedPaths(document)).toEqual(["packages/oci/src/gone.ts", "core/src/gone.ts", "test/gone.md"]);
  });

  it("tells what exists from what does not", () => {
    expect(["packages/oci/src/digest.ts", "oci/src", "packages/*/src"].filter((path) => !leadsSomewhere(path))).toEqual(
      [],
    );
    expect(["packages/oci/src/gone.ts", "gone/*/src"].filter(leadsSomewhere)).toEqual([]);
  });
});
