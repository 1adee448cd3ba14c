import { files, image } from "strake";

export const service = image()
  .from("node:24-slim")
  .workdir("/app")
  .copy("package.json", "./")
  .copy(files("src/**", { exclude: ["**/*.test.js"] }), "./src/", { chown: "node:node" })
  .env({ NODE_ENV: "production", PORT: "8080" })
  .user("node")
  .expose(8080)
  .healthcheck(["node", "-e", "fetch('http://127.0.0.1:8080/health').then((r) => process.exit(r.ok ? 0 : 1))"], {
    interval: "30s",
    timeout: "5s",
  })
  .cmd(["node", "src/main.js"]);
