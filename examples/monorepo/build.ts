import { files, type Image, image } from "strake";

// Twelve services, or as many as IMAGES says.
const count = Number(process.env.IMAGES ?? 12);

/** What every service stands on. */
const base = image()
  .from("scratch")
  .copy(files("base/**"), "/etc/platform/")
  .env({ PLATFORM: "strake" })
  .label({ "org.opencontainers.image.vendor": "Example" });

/** The second of two bases, for services with a queue. */
const worker = base.copy(files("queue/**"), "/etc/queue/").env({ QUEUE: "local" });

function service(number: number): (from: Image) => Image {
  const name = `service-${String(number).padStart(2, "0")}`;
  return (from) =>
    from
      .copy(files("services/**"), "/app/")
      .copy("README.md", "/app/about.md")
      .write("/app/name", `${name}\n`)
      .env({ SERVICE: name })
      .tag(`${name}:latest`)
      .cmd(["/app/main"]);
}

const services: Record<string, Image> = {};
for (let number = 1; number <= count; number++) {
  services[`service-${String(number).padStart(2, "0")}`] = (number % 3 === 0 ? worker : base).with(service(number));
}

export default services;
