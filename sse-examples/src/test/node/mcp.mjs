// Calls a tool with the official SDK of MCP, and cancels a second call. Argument: the URL of the server.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const print = line => console.log(JSON.stringify(line));
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
    print({ progress: update.progress });
  },
  onresumptiontoken: token => tokens.push(token),
});
print({
  session: transport.sessionId,
  tools: tools.map(tool => tool.name),
  progress,
  tokens,
  text: result.content[0].text,
  errors,
});

const cancel = new AbortController();
try {
  await client.callTool({ name: 'count', arguments: { to: 6 } }, undefined, {
    signal: cancel.signal,
    onprogress: update => { if (update.progress === 3) cancel.abort('enough'); },
  });
} catch (error) {
  print({ cancelled: String(error) });
}
process.stdin.on('data', () => {}).on('end', async () => { // the program stays until the test closes its input
  await transport.terminateSession();
  await client.close();
  process.exitCode = errors.length;
});
