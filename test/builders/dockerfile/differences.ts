/** Where a Dockerfile comes to something else than with BuildKit on purpose; `README.md` says why. */
export const differences: Readonly<Record<string, readonly string[]>> = {
  "heredocs that are files": [
    'image config: history 4 {"comment":"buildkit.dockerfile.v0","created_by":"COPY <<one /d/ # buildkit"} ≠ {"comment":"buildkit.dockerfile.v0","created_by":"COPY <<one <<two /d/ # buildkit"}',
    'image config: history 5 {"comment":"buildkit.dockerfile.v0","created_by":"COPY <<two /d/ # buildkit"} ≠ nothing',
    "image config: layers 4 ≠ 3",
  ],
};
