import { createServer } from "node:http";

const port = Number(process.env.PORT ?? 8080);

createServer((request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(request.url === "/health" ? "well\n" : "hello from a layer\n");
}).listen(port, () => console.log(`listening on ${port}`));
