// Calls a tool with the official SDK of MCP. Argument: the URL of the server.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]));
const client = new Client({ name: 'sluice-test', version: '1.0.0' });
const errors = [];
client.onerror = error => errors.push(String(error));
await client.connect(transport);
const { tools } = await client.listTools();
const progress = [];
const tokens = [];
const result = await client.callTool({ name: 'count', arguments: { to: 6 } }, undefined, {
  onprogress: update => {
    progress.push(update.progress);
    console.log(JSON.stringify({ progress: update.progress }));
  },
  onresumptiontoken: token => tokens.push(token),
});
console.log(JSON.stringify({
  session: transport.sessionId,
  tools: tools.map(tool => tool.name),
  progress,
  tokens,
  text: result.content[0].text,
  errors,
}));
await client.close();
