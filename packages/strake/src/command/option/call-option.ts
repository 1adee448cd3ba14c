import { usageError } from "../usage-error.ts";

/** What `--call` can ask for: the build itself, what BuildKit's checks find, or what a Dockerfile has. */
const methods = ["build", "check", "outline", "targets"] as const;

/** What `--call` asks, and how the answer is printed. */
export interface CallOption {
  readonly method: (typeof methods)[number];
  readonly format: "text" | "json";
}

/**
 * Reads the value of `--call`, in buildx's notation: a method and perhaps `,format=json`.
 *
 * @throws StrakeError `usage`
 */
export function parseCallOption(text: string): CallOption {
  const [written = "", ...fields] = text.split(",");
  const method = methods.find((each) => each === written);
  if (method === undefined) throw usageError(`--call ${written}: it is one of ${methods.join(", ")}`);
  let format: CallOption["format"] = "text";
  for (const field of fields) {
    const found = /^format=(text|json)$/.exec(field)?.[1];
    if (found === undefined) throw usageError(`--call: "${field}" is not known; write format=text or format=json`);
    format = found as CallOption["format"];
  }
  if (format === "json" && (method === "build" || method === "check")) {
    throw usageError(`--call ${method} prints no JSON`, "strake lint --format json does, and build --metadata-file.");
  }
  return { method, format };
}
