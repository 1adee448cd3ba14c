import type { Command } from "commander";
import { addGroupedCommand } from "./grouped-command.ts";

/** Adds `image`, behind which docker has its commands for images once more: `image ls` is `images`. */
export function addImageCommand(program: Command): void {
  addGroupedCommand(program, {
    name: "image",
    description: "docker's other way to say it: image ls is images, image rm is rmi, and so on",
    commands: {
      build: "build",
      history: "history",
      import: "import",
      inspect: "inspect",
      list: "images",
      load: "load",
      ls: "images",
      prune: "prune",
      pull: "pull",
      push: "push",
      remove: "rmi",
      rm: "rmi",
      save: "save",
      tag: "tag",
    },
  });
}
