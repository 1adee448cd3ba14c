import { createHash } from "node:crypto";

/** The lines by which a comparison says that a file holds one text with the engine, and another with a builder. */
export function otherContent(path: string, engine: string, builder: string): readonly string[] {
  const digest = (text: string) => JSON.stringify(createHash("sha256").update(text).digest("hex"));
  const [one, other] = [Buffer.byteLength(engine), Buffer.byteLength(builder)];
  return [
    ...(one === other ? [] : [`${path}: size ${one} ≠ ${other}`]),
    `${path}: sha256 ${digest(engine)} ≠ ${digest(builder)}`,
  ];
}
