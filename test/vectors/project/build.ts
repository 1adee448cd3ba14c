import { cache, commands, diff, files, image, interpolate, variable } from "strake";

export const empty = image().from("scratch");

export const config = image()
  .from("scratch")
  .arg("VERSION", "1.2.3")
  .env({ VERSION: variable("VERSION"), QUOTED: 'a "b" $c \\ é' })
  .workdir("/srv")
  .user("7:8")
  .expose(8080, "53/udp")
  .volume("/data")
  .label({ "org.example.note": "<&>" })
  .healthcheck(["/bin/check"], { interval: "30s", retries: 2 })
  .stopsignal("SIGTERM")
  .entrypoint(["/bin/server"])
  .cmd(["--port", "8080"])
  .annotation({ "org.example.kind": "vector" });

export const written = image()
  .from("scratch")
  .write("/etc/passwd", "app:x:7:8:App:/home/app:/bin/sh\n")
  .write("/bin/start", "#!/bin/sh\n", { chmod: 0o755 })
  .write("/home/app/binary", Uint8Array.of(0, 1, 254, 255), { chown: "app", chmod: "u=r,go=" });

export const copied = image()
  .from(written)
  .copy(files("site/**", { exclude: ["**/*.txt"] }), "/srv/")
  .copy("scripts/*.sh", "/opt/", { chown: "app" })
  .copy("site/css", "/parents/", { parents: true, link: true });

export const fromImage = image()
  .from("scratch")
  .copy("/srv", "/", { from: copied })
  .label({ copied: interpolate`built from ${copied.id}` });

export const merged = image()
  .from(written)
  .merge(image().from("scratch").write("/one", "1"), image().from("scratch").write("/two", "2"));

export const difference = image()
  .from("scratch")
  .merge(image().from(diff(written, copied)));

export const commanded = image()
  .from(copied)
  .run("make install", { mounts: [cache("/root/.cache")], network: "none" })
  .run(commands("one", "two"))
  .copy("/out", "/out", { from: image().from(written).run(["/bin/start"]) });
