import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

/** The files of a project by their paths; a `build.ts` is there in most. */
export type ProjectFiles = Readonly<Record<string, string | Uint8Array>>;

/** What a build file of a test begins with; it takes one line. */
export const imports = `import { archive, files, image, local, ociLayout, rootfs } from "strake";\n`;

/** Makes a folder with files in it; it is removed when the test file has ended. */
export function project(files: ProjectFiles, folder: string = temporaryFolder()): string {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    if (path.endsWith(".sh")) chmodSync(target, 0o755);
  }
  return folder;
}

/** A small project whose image has two layers, an environment, a label and a command. */
export function siteProject(): string {
  return project({
    "build.ts": `${imports}export const web = image()
  .from("scratch")
  .copy(files("site/**"), "/srv/")
  .write("/etc/passwd", "www:x:33:33::/srv:/bin/false\\n")
  .env({ MODE: "production" })
  .label({ team: "web" })
  .cmd(["/srv/start.sh"]);
`,
    "site/index.html": "<h1>Hello</h1>\n",
    "site/style.css": "h1 { color: teal }\n",
    "site/start.sh": "#!/bin/sh\nexec sleep 1\n",
  });
}
