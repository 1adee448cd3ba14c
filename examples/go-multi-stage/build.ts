import { cache, image } from "strake";

const build = image()
  .from("golang:1.24")
  .workdir("/src")
  .copy(["go.mod", "main.go"], "./")
  .env({ CGO_ENABLED: "0" })
  .run("go build -trimpath -o /out/hello .", { mounts: [cache("/root/.cache/go-build")] });

export const hello = image().from("scratch").copy("/out/hello", "/hello", { from: build }).entrypoint(["/hello"]);
