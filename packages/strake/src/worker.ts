// The entry point of worker threads.
import { serveFileThread } from "@strake/core/context";

serveFileThread();
