import { FileSync } from "../generated/github.com/moby/buildkit/session/filesync/filesync_fields.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { sendFolder } from "./send-folder.ts";
import type { Services } from "./services.ts";
import { listFolder, type SyncedFolder } from "./synced-folder.ts";

/** Sends folders to the daemon: first what is there, then the content of the files that it has not. */
export function fileSyncService(folders: ReadonlyMap<string, SyncedFolder>): Services {
  return new Map([
    [
      FileSync.diffCopy.path,
      async (call: ServedCall) => {
        const name = call.metadata("dir-name")[0] ?? "";
        const folder = folders.get(name);
        if (folder === undefined) throw new GrpcError(grpcCode.notFound, `the build gives no folder "${name}"`);
        const follow = call.metadata("followpaths");
        const { root, stats } = await listFolder(folder, follow, call.metadata("exclude-patterns"));
        await sendFolder(call, root, stats);
      },
    ],
  ]);
}
