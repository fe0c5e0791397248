// better-sse over Node's own HTTP server: a channel with all sessions, and a broadcast for each publish. The serializer
// leaves the data as it is, which by default would become a JSON string.
import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";

const channel = createChannel();

async function publish(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  channel.broadcast(Buffer.concat(parts).toString("utf8"));
  response.writeHead(200, { "Content-Length": "0" });
  response.end();
}

const server = createServer(async (request, response) => {
  if (request.method === "POST") return publish(request, response);
  channel.register(await createSession(request, response, { serializer: (data) => data }));
});
server.listen(Number(process.argv[2]), "127.0.0.1", 4096);
