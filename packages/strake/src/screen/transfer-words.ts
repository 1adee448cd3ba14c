/** What a command calls what becomes of blobs. */
export interface TransferWords {
  /** While it lasts: `Pushing`. */
  readonly doing: string;
  readonly done: { readonly sent: string; readonly there: string; readonly mounted: string };
  /** Said of all of it when it is over: `Pushed`. */
  readonly all: string;
}

/** The words of `push`, as docker's. */
export const pushWords: TransferWords = {
  doing: "Pushing",
  done: { sent: "Pushed", there: "Layer already exists", mounted: "Mounted" },
  all: "Pushed",
};

/** The words of `pull`, as docker's. */
export const pullWords: TransferWords = {
  doing: "Downloading",
  done: { sent: "Pull complete", there: "Already exists", mounted: "Mounted" },
  all: "Pulled",
};

/** The words of `copy`. */
export const copyWords: TransferWords = {
  doing: "Copying",
  done: { sent: "Copied", there: "Already exists", mounted: "Mounted" },
  all: "Copied",
};
