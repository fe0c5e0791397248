// Reads topics of the bundled server with fetch-event-source. Arguments: the URL of the server, and the topic.
// The library is made for browsers, so it gets the parts of one that it uses.
globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await import('@microsoft/fetch-event-source');

const [server, topic] = process.argv.slice(2);
const print = line => console.log(JSON.stringify(line));
await fetchEventSource(`${server}/events`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ topics: [topic] }),
  async onopen({ status }) {
    print({ status });
    if (status !== 200) throw new Error(`status ${status}`);
  },
  onmessage({ event, data }) {
    if (data) print({ event, data });
  },
});
print({ event: 'closed' });
process.stdin.on('data', () => {}).on('end', () => process.exit(0)); // the program stays until the test closes its input
