import { parseTemplate } from "./parse-template.ts";
import { runTemplate } from "./run-template.ts";

/** Writes a value with a template that was parsed before. */
export type Template = (value: unknown) => string;

/**
 * Parses a Go template as people give it to docker's `--format`: fields, variables, pipes, `if`, `with`, `range`, and
 * the functions of Go and docker (https://pkg.go.dev/text/template).
 *
 * @throws StrakeError `usage` for what is none, and when it is applied to a value that has not what it asks for
 */
export function parseGoTemplate(text: string): Template {
  const nodes = parseTemplate(text);
  return (value) => runTemplate(nodes, text, value);
}
