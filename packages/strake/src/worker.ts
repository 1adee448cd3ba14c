// The entry point of worker threads.
import { serveHashes } from "@strake/core/context";

serveHashes();
