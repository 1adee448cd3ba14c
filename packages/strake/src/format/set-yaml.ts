import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isNode, parseDocument } from "yaml";
import { isEmptyNode, spliceYaml } from "./splice-yaml.ts";
import { withValue } from "./with-value.ts";

/**
 * Sets one value of a YAML text, or removes it where the value is undefined; everything else stays as it was written.
 *
 * Only the lines of the value change. Maps on the way are made where they are missing, and get lines of their own where
 * they are written as `{a: 1}`. Where the notation does not allow that, the whole text is printed anew, with its comments
 * and its order.
 *
 * @throws where something on the way is neither a map nor empty
 */
export function setYaml(text: string, path: readonly string[], value: unknown): string {
  if (/\r\n/.test(text) && !/(?<!\r)\n/.test(text)) {
    return setYaml(text.replaceAll("\r\n", "\n"), path, value).replaceAll("\n", "\r\n");
  }
  const document = parseDocument(text);
  const empty = path.findIndex((_, index) => isEmptyNode(document.getIn(path.slice(0, index), true)));
  if (empty > 0) return setYaml(text, path.slice(0, empty), withValue({}, path.slice(empty), value));
  if (isDeepStrictEqual(valueAt(document, path), value)) return text;
  const flow = path.findIndex((_, index) => index > 0 && isFlowMap(document.getIn(path.slice(0, index), true)));
  if (flow > 0) {
    const outer = path.slice(0, flow);
    return setYaml(text, outer, withValue(valueAt(document, outer), path.slice(flow), value));
  }
  const wanted = wantedDocument(text, path, value);
  const spliced = spliceYaml(text, document, path, value);
  return spliced !== undefined && isSame(spliced, wanted) ? spliced : wanted.toString({ lineWidth: 0 });
}

/** What the library makes of the change; an anchor stays where it is, since something may refer to it. */
function wantedDocument(text: string, path: readonly string[], value: unknown): Document {
  const wanted = parseDocument(text);
  if (isEmptyNode(wanted.contents)) wanted.contents = null;
  const node = wanted.createNode(value);
  const old = wanted.getIn(path, true);
  if (isNode(old) && "anchor" in old && typeof old.anchor === "string") Object.assign(node, { anchor: old.anchor });
  if (value === undefined) wanted.deleteIn(path);
  else wanted.setIn(path, node);
  return wanted;
}

function isSame(text: string, wanted: Document): boolean {
  try {
    const document = parseDocument(text);
    return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), wanted.toJS());
  } catch {
    // Something refers to an anchor that is gone.
    return false;
  }
}

function isFlowMap(node: unknown): boolean {
  return isMap(node) && node.flow === true;
}

function valueAt(document: Document, path: readonly string[]): unknown {
  const node = document.getIn(path, true);
  return isNode(node) ? node.toJS(document) : node;
}
