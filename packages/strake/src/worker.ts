// The entry point of worker threads.
import { serveHashes } from "@strake/core/context";
import { serveTars } from "@strake/oci";

if (!serveTars()) serveHashes();
