import { type Definition, statementsOf } from "@strake/core";
import { Printer, type PrintOptions } from "./printer.ts";

/**
 * Gives the annotations of an image, which no Dockerfile says and the build has to be told.
 *
 * @throws StrakeError `no-dockerfile-form` where one is a value that is known only after a build
 */
export function annotationsOf(definition: Definition, options: PrintOptions): Readonly<Record<string, string>> {
  const printer = new Printer(options);
  const found = statementsOf(definition).flatMap((node) =>
    node.kind === "annotation"
      ? Object.entries(node.annotations).map(
          ([name, value]) => [name, printer.literal(value, node.site, "an annotation")] as const,
        )
      : [],
  );
  return Object.fromEntries(found);
}
