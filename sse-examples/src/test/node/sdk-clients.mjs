// A client of an SDK for the matrix of clients. Argument: its kind. It reads the commands "load NUMBER URL" and "cancel",
// and prints what it shows, a line of JSON each.
import readline from 'node:readline';
import OpenAI from 'openai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** One use of the SDK. */
class Run {
  shown = [];
  over = false;
  abort = new AbortController();
  /** What a user does to leave. */
  cancel = () => this.abort.abort();

  constructor(load) {
    this.load = load;
  }

  show(text) {
    this.shown.push(text);
    this.report();
  }

  report() {
    const { load, shown, over, error } = this;
    console.log(JSON.stringify({ load, shown, over, error }));
  }
}

const openai = url => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });

const kinds = {
  async chat(run, url) {
    const request = { model: 'any', stream: true, messages: [{ role: 'user', content: '?' }] };
    const stream = await openai(url).chat.completions.create(request, { signal: run.abort.signal });
    for await (const { choices: [{ delta }] } of stream) if (delta.content) run.show(delta.content);
  },

  // Resumes after each failure, as a program with this SDK would.
  async responses(run, url) {
    const client = openai(url);
    const options = { signal: run.abort.signal };
    let id, last;
    run.cancel = () => client.responses.cancel(id);
    for (let complete = false; !complete;) {
      try {
        const stream = id === undefined
          ? await client.responses.create({ model: 'any', stream: true, background: true, input: '?' }, options)
          : await client.responses.retrieve(id, { stream: true, starting_after: last }, options);
        for await (const event of stream) {
          id ??= event.response?.id;
          last = event.sequence_number;
          if (event.type === 'response.output_text.delta') run.show(event.delta);
          complete = /^response\.(completed|incomplete|failed)$/.test(event.type);
        }
      } catch (error) {
        if (id === undefined || run.abort.signal.aborted) throw error;
      }
    }
  },

  async mcp(run, url) {
    const client = new Client({ name: 'sluice-test', version: '1.0.0' });
    client.onerror = () => {}; // it reports each lost connection
    // By default it tries twice, and on a busy machine both may meet a drain that is not over.
    const reconnectionOptions = {
      initialReconnectionDelay: 1000, maxReconnectionDelay: 30_000, reconnectionDelayGrowFactor: 1.5, maxRetries: 20,
    };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { reconnectionOptions }));
    const result = await client.callTool({ name: 'count', arguments: {} }, undefined, {
      signal: run.abort.signal,
      onprogress: ({ message }) => run.show(message),
    });
    run.show(result.content[0].text);
  },
};

let run = new Run(0);
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [command, load, url] = line.split(' ');
  if (command === 'cancel') {
    run.cancel();
    continue;
  }
  run.abort.abort();
  const begun = run = new Run(Number(load));
  kinds[process.argv[2]](begun, url).catch(error => { begun.error = String(error); }).finally(() => {
    begun.over = true;
    begun.report();
  });
}
process.exit(0);
